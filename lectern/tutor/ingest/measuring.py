"""How long a text is for a reader and for the embedding model, in words, whatever its script."""

import re

_WORD = re.compile(r"\w+")
#: Chinese and Japanese put no blanks between words. A Chinese text has about 1.7 characters for each word of its English
#: translation, and each is a word piece for the embedding model: 130 words come to 220 pieces of the 256 that it reads.
_CHINESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_CHINESE_PER_WORD = 1.7
#: Thai, Lao, Burmese and Khmer put none either; their words are spelled, with about 4 letters and signs each.
_THAI = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_THAI_PER_WORD = 4.0
#: A text is as long as if each word had at most this many characters: long numbers, links and signs count too.
_LONGEST_WORD = 12


def length_in_words(text: str) -> float:
    """Return the number of words, or what comes near to it in a script without blanks."""
    chinese, thai = len(_CHINESE.findall(text)), len(_THAI.findall(text))
    spaced = _THAI.sub(" ", _CHINESE.sub(" ", text)) if chinese or thai else text
    words = len(_WORD.findall(spaced)) + chinese / _CHINESE_PER_WORD + thai / _THAI_PER_WORD
    return max(words, len(text) / _LONGEST_WORD)


def reach(text: str, start: int, most: float) -> int:
    """Return an offset up to which `text` has at most `most` words from `start` on, and not many less."""
    end = min(len(text), start + int(most) * _LONGEST_WORD)
    while end - start > 1 and length_in_words(text[start:end]) > most:
        end = start + (end - start) * 4 // 5
    return end
