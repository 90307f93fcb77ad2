"""The sentences around a hint, in the languages in which questions are recognised."""

from collections.abc import Mapping
from dataclasses import dataclass

from lectern.tutor.answering.choosing import asks_for_code
from lectern.tutor.answering.defining import asked_term


@dataclass(frozen=True, kw_only=True)
class Wording:
    """One language's sentences, with blanks."""

    read: str
    terms: str
    nearby: str
    #: What to ask oneself: about what something is, how something is done, and anything else.
    what: str
    how: str
    other: str
    place: str = "“{place}” [{number}]"
    and_: str = ", "

    def question(self, question: str) -> str:
        """Return the question that leads on from `question`."""
        if asked_term(question):
            return self.what
        return self.how if asks_for_code(question) else self.other


def wording_in(language: str) -> Wording:
    """Return the sentences of a language, by its code."""
    return _WORDINGS[language]


_WORDINGS: Mapping[str, Wording] = {
    "en": Wording(
        read="Read {places}.",
        terms="Look for these words: {terms}.",
        nearby="Close to it the course says: “{quote}”",
        what="What kind of thing is it, and what sets it apart from others of that kind?",
        how="What is the first step, and what do you need before you can take it?",
        other="Which sentence there would you build your answer on, and how would you say it in your own words?",
        and_=" and ",
    ),
    "de": Wording(
        read="Lies {places}.",
        terms="Achte auf diese Wörter: {terms}.",
        nearby="In der Nähe sagt der Kurs: „{quote}“",
        what="Was für eine Sache ist es, und was unterscheidet sie von anderen ihrer Art?",
        how="Was ist der erste Schritt, und was brauchst du dafür?",
        other="Auf welchen Satz dort würdest du deine Antwort bauen, und wie sagst du es mit eigenen Worten?",
        place="„{place}“ [{number}]",
        and_=" und ",
    ),
    "fr": Wording(
        read="Lis {places}.",
        terms="Cherche ces mots : {terms}.",
        nearby="Tout près, le cours dit : « {quote} »",
        what="De quelle sorte de chose s'agit-il, et qu'est-ce qui la distingue des autres ?",
        how="Quelle est la première étape, et de quoi as-tu besoin pour la faire ?",
        other="Sur quelle phrase appuierais-tu ta réponse, et comment la dirais-tu avec tes propres mots ?",
        place="« {place} » [{number}]",
        and_=" et ",
    ),
    "es": Wording(
        read="Lee {places}.",
        terms="Busca estas palabras: {terms}.",
        nearby="Cerca de ahí el curso dice: «{quote}»",
        what="¿Qué clase de cosa es, y qué la distingue de las demás?",
        how="¿Cuál es el primer paso, y qué necesitas para darlo?",
        other="¿En qué frase apoyarías tu respuesta, y cómo la dirías con tus propias palabras?",
        place="«{place}» [{number}]",
        and_=" y ",
    ),
    "it": Wording(
        read="Leggi {places}.",
        terms="Cerca queste parole: {terms}.",
        nearby="Lì vicino il corso dice: «{quote}»",
        what="Che tipo di cosa è, e che cosa la distingue dalle altre?",
        how="Qual è il primo passo, e di che cosa hai bisogno per farlo?",
        other="Su quale frase baseresti la tua risposta, e come la diresti con parole tue?",
        place="«{place}» [{number}]",
        and_=" e ",
    ),
    "pt": Wording(
        read="Leia {places}.",
        terms="Procure estas palavras: {terms}.",
        nearby="Perto dali o curso diz: “{quote}”",
        what="Que tipo de coisa é, e o que a distingue das outras?",
        how="Qual é o primeiro passo, e do que você precisa para dá-lo?",
        other="Em que frase você apoiaria a sua resposta, e como a diria com as suas palavras?",
        and_=" e ",
    ),
    "nl": Wording(
        read="Lees {places}.",
        terms="Let op deze woorden: {terms}.",
        nearby="Vlakbij zegt de cursus: “{quote}”",
        what="Wat voor soort ding is het, en waarin verschilt het van andere?",
        how="Wat is de eerste stap, en wat heb je daarvoor nodig?",
        other="Op welke zin daar zou je je antwoord bouwen, en hoe zeg je het in je eigen woorden?",
        and_=" en ",
    ),
    "ru": Wording(
        read="Прочитайте {places}.",
        terms="Ищите эти слова: {terms}.",
        nearby="Рядом в курсе сказано: «{quote}»",
        what="К какому роду вещей это относится и чем отличается от других?",
        how="Каков первый шаг и что для него нужно?",
        other="На какое предложение вы бы опёрлись и как сказали бы это своими словами?",
        place="«{place}» [{number}]",
        and_=" и ",
    ),
    "ar": Wording(
        read="اقرأ {places}.",
        terms="ابحث عن هذه الكلمات: {terms}.",
        nearby="يقول المقرر بالقرب من ذلك: «{quote}»",
        what="من أي نوع هذا الشيء، وما الذي يميزه عن غيره؟",
        how="ما الخطوة الأولى، وماذا تحتاج للقيام بها؟",
        other="على أي جملة هناك تبني إجابتك، وكيف تقولها بكلماتك؟",
        place="«{place}» [{number}]",
        and_=" و",
    ),
    "ja": Wording(
        read="{places}を読んでください。",
        terms="次の言葉に注目してください：{terms}。",
        nearby="その近くにこうあります：「{quote}」",
        what="それはどんな種類のもので、同じ種類の他のものと何が違いますか？",
        how="最初の一歩は何で、そのために何が必要ですか？",
        other="どの文を答えの土台にしますか？自分の言葉ではどう言いますか？",
        place="「{place}」[{number}]",
        and_="と",
    ),
    "zh": Wording(
        read="请阅读{places}。",
        terms="留意这些词：{terms}。",
        nearby="附近写道：“{quote}”",
        what="它属于哪一类事物，与同类有什么不同？",
        how="第一步是什么，需要先具备什么？",
        other="你会以那里的哪一句为依据，用自己的话怎么说？",
        place="“{place}”[{number}]",
        and_="和",
    ),
}  # fmt: skip
