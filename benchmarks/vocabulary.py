"""The words that ``prose`` makes its sentences of, one list for each kind of place in a sentence."""

from __future__ import annotations

_LISTS = """\
person: the clerk | her brother | an old sailor | the night nurse | my neighbour | the young teacher |
  our guide | Eleanor | Mr. Whitcombe | the surveyor | a retired judge | the apprentice | Miss Harding |
  the baker's wife | Tobias | the pilot | a travelling salesman | the librarian | Doctor Ames | the twins |
  the mayor of the town | his landlady | the gardener | the project manager | a support agent |
  the new developer | Priya | our accountant | the auditor | a customer | Jonas | the professor |
  Aunt Beatrice | the ferryman | nobody in the family | everyone at the table | Captain Marlow
place: the harbour | the upper valley | the reading room | the station platform | the old mill |
  a narrow street | the kitchen | the orchard | Lisbon | the north shore | the market square |
  a rented room | the second floor | the office in Leeds | the bridge | an inn near Ghent | the lighthouse |
  the waiting room | the edge of the forest | the main warehouse | the courtyard | the county archive |
  the conference room | the garden behind the house | Edinburgh | the quay
thing: letter | ledger | kettle | umbrella | contract | lantern | suitcase | photograph | telescope |
  invoice | compass | painting | timetable | violin | parcel | manuscript | map | receipt | bicycle |
  carriage | notebook | keyboard | report | spreadsheet | dashboard | ticket | window | doorway | recipe |
  blanket | barometer | engine | battery | schedule | password | account | number | card | token | code |
  envelope | calendar | proposal | warranty | subscription | balance | delivery | address
things: apples | letters | tickets | passengers | chairs | horses | orders | samples | sentences |
  questions | lamps | boats | clouds | customers | machines | examples | footprints | coins | servers |
  packages | numbers | birds | guests | stones | shelves | errors
adjective: quiet | unfinished | golden | narrow | familiar | expensive | half-empty | crooked | faint |
  enormous | cheerful | damp | fragile | peculiar | reliable | sudden | ordinary | brilliant | stubborn |
  delicate | reasonable | ancient | temporary | annual | secure | internal | private | remarkable |
  weathered | second | correct | available | complicated | modern | green | distant | polite
adverb: slowly | at once | without a word | reluctantly | twice | for the last time | carefully |
  almost by accident | in silence | before breakfast | every winter | rather badly | with some difficulty |
  as usual | on Tuesday | late in the evening | hurriedly | afterwards | in the end | with great patience |
  step by step | to everybody's surprise
did: opened | examined | forgot | repaired | carried | described | returned | counted | borrowed | hid |
  delivered | folded | bought | misplaced | admired | photographed | painted | updated | cancelled |
  confirmed | checked | explained | reset | ordered | collected | measured | discovered | translated |
  rewrote | polished | unlocked | weighed | copied | delayed
went: walked back to | waited outside | looked across | hurried towards | lived near | climbed down from |
  sailed past | returned to | stood in front of | disappeared behind | called from | drove as far as |
  got lost somewhere near | moved away from | dreamed of | kept away from
feeling: relief | curiosity | a strange calm | impatience | regret | delight | suspicion |
  great tenderness | boredom | pride | disbelief | gratitude | unease | something close to joy |
  mild embarrassment | hunger
weather: The rain had stopped | Snow was falling again | The wind came from the east |
  It was unusually warm for the season | Fog lay over the fields | The sun had just gone down |
  Thunder rolled in the distance | The morning was clear and cold | Dust hung in the air |
  A thin moon stood above the roofs
abstract: the meaning of the question | what had been promised | the price of the journey |
  the whole arrangement | the difference between the two plans | how the mechanism worked |
  the history of the building | the second half of the story | the rules of the game |
  the reason for the delay | what the figures showed | the way the light fell | the terms of the agreement |
  the result of the experiment | the next release
opening: Of course, | To be honest, | In other words, | For a while | As far as anyone knew, |
  Strangely enough, | Meanwhile, | According to the record, | By the end of the week |
  Not for the first time, | Sure! | Great question: | In short, | Once the work was done, |
  Under these circumstances | Years later, | If I remember correctly, | On balance,
month: January | February | March | April | May | June | July | August | September | October | November |
  December
unit: miles | pounds | minutes | pages | kilometres | degrees | hours | per cent | kg | GB | days | steps
name: Margaret Osei | Luca Bianchi | Henrik Dahl | Amara Okafor | Sofia Lindqvist | Daniel Reyes |
  Yuki Tanaka | Claire Dubois | Omar Haddad | Ruth Abrams | Piotr Zielinski | Grace Mbeki | Ivan Petrov |
  Nora Fitzgerald
"""


def _lists() -> dict[str, list[str]]:
    """A list goes on in the lines that are indented."""
    lines = _LISTS.replace("\n  ", " ").splitlines()
    named = (line.split(": ", 1) for line in lines)
    return {name: [word.strip() for word in words.split("|")] for name, words in named}


WORDS = _lists()
