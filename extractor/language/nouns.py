"""What is counted inside a sentence, in each language: one of it, and several. An account has one of the conditions."""

NOUNS: dict[str, dict[str, tuple[str, str]]] = {
    "row": {"en": ("row", "rows"), "fr": ("ligne", "lignes")},
    "leased": {"en": ("leased", "leased"), "fr": ("occupé", "occupés")},
    "resting": {"en": ("resting", "resting"), "fr": ("au repos", "au repos")},
    "failing": {"en": ("failing", "failing"), "fr": ("refusé trois fois", "refusés trois fois")},
    "disabled": {"en": ("disabled", "disabled"), "fr": ("désactivé", "désactivés")},
    "sealed": {"en": ("sealed", "sealed"), "fr": ("scellé", "scellés")},
}
