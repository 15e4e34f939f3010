"""What commands say around a doubt and around what the database says of a line; all else that they say is English."""

SENTENCES: dict[str, str] = {
    "Warning: {sentence}": "Attention : {sentence}",
    "The row {doubt}.": "La ligne {doubt}.",
    "It was added: the registry decides. A name that it refuses is not charged.": (
        "Elle a été ajoutée : c'est le registre qui décide. Un nom qu'il refuse n'est pas facturé."
    ),
    "The row {doubt}. The registry decides; a name that it refuses is not charged.": (
        "La ligne {doubt}. C'est le registre qui décide; un nom qu'il refuse n'est pas facturé."
    ),
    "{rows} will probably be refused. The registry decides; a refusal costs nothing.": (
        "Refus probable pour {rows}. C'est le registre qui décide; un refus ne coûte rien."
    ),
    "line {line}: {said}": "ligne {line} : {said}",
    "… and {more} more": "… et {more} de plus",
}
