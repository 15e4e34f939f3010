// Bars, one per day, as inline SVG. Shapes take their colours from classes, since the page's policy allows no style.

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT, GAP] = [300, 70, 2];

/** A picture of bars; each has a `tip`, and its `parts` are `[class, height]` from the bottom up. */
export function bars(label, list) {
  const highest = Math.max(1, ...list.map(({ parts }) => parts.reduce((sum, [, height]) => sum + height, 0)));
  const step = WIDTH / list.length;
  const picture = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label });
  picture.setAttribute("preserveAspectRatio", "none"); // as wide as there is room
  list.forEach((it, at) => picture.append(bar(it, at * step, step - GAP, HEIGHT / highest)));
  return picture;
}

function bar({ tip, parts }, x, width, scale) {
  const group = shape("g", {}, shape("title", {}, tip));
  // Over the whole height, so that a small bar can be pointed at too.
  group.append(shape("rect", { x, y: 0, width, height: HEIGHT, class: "ground" }));
  let y = HEIGHT;
  for (const [name, value] of parts.filter(([, value]) => value > 0)) {
    const height = Math.max(value * scale, 1);
    y -= height;
    group.append(shape("rect", { x, y, width, height, class: name }));
  }
  return group;
}

function shape(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag);
  Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
  made.append(...children);
  return made;
}
