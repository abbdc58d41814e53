"""Owns what people's languages are called in packages, and the headings of a statement in some of them. Never reads one."""

from __future__ import annotations

import re
from typing import Final

CODES: Final = {
    "english": "en", "russian": "ru", "spanish": "es", "portuguese": "pt", "italian": "it", "french": "fr", "german": "de", "polish": "pl",
    "ukrainian": "uk", "chinese": "zh", "japanese": "ja", "korean": "ko", "vietnamese": "vi", "kazakh": "kk", "uzbek": "uz", "kyrgyz": "ky",
    "azerbaijani": "az", "armenian": "hy", "georgian": "ka", "arabic": "ar", "hebrew": "he", "persian": "fa", "farsi": "fa", "turkish": "tr",
    "bulgarian": "bg", "romanian": "ro", "hungarian": "hu", "czech": "cs", "slovak": "sk", "slovene": "sl", "croatian": "hr", "serbian": "sr",
    "macedonian": "mk", "greek": "el", "estonian": "et", "latvian": "lv", "lithuanian": "lt", "finnish": "fi", "swedish": "sv", "norwegian": "no",
    "danish": "da", "dutch": "nl", "belarusian": "be", "mongolian": "mn", "tajik": "tg", "turkmen": "tk", "tatar": "tt", "hindi": "hi",
    "indonesian": "id", "thai": "th", "catalan": "ca", "basque": "eu", "galician": "gl",
}  # fmt: skip
"""ISO 639 code by English name."""

HEADINGS: Final = {
    "en": ("Input", "Output", "Interaction", "Scoring", "Notes"),
    "es": ("Entrada", "Salida", "Interacción", "Puntuación", "Notas"),
    "pt": ("Entrada", "Saída", "Interação", "Pontuação", "Notas"),
    "it": ("Input", "Output", "Interazione", "Punteggio", "Note"),
    "ru": ("Входные данные", "Выходные данные", "Протокол взаимодействия", "Система оценки", "Примечание"),
    "uk": ("Вхідні дані", "Вихідні дані", "Протокол взаємодії", "Система оцінювання", "Примітка"),
}
"""What the parts of a statement are called: input, output, interaction, scoring, notes."""

_CODE = re.compile(r"[a-z]{2,3}(?:-[A-Z]{2})?")


def code_of(name: str) -> str:
    """The ISO 639 code of a language by its English name or its code; empty when it is neither."""
    return CODES.get(name.lower()) or (name if _CODE.fullmatch(name) else "")
