"""
Ordinary paragraphs in six scripts, made from word lists and a grammar of our own: about nothing at all.

A few real words of each language, as often as in life (Zipf), and between them names and things that are built from
the language's syllables, so that paragraphs share phrases as ordinary ones do, and are about different things.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from random import Random


@dataclass(frozen=True)
class Tongue:
    """A language's words, as this generator needs them."""

    script: str
    subjects: str
    verbs: str
    objects: str
    links: str  # between clauses
    places: str
    syllables: str  # of names and things
    order: str = "svop"  # of subject, verb, object and place
    space: str = " "
    stop: str = ". "


TONGUES = (
    Tongue(
        "Latin",
        "the farmer|my neighbour|our teacher|a young painter|the old captain|her brother|the committee|every visitor|the museum|a small company|the mayor|someone in the village|the team|his aunt|the library|a travelling musician",
        "opened|has repaired|will describe|carefully measured|bought|was looking for|never forgot|wanted to paint|sold|has lost|explained|cleaned|brought|keeps|remembered|would like to see",
        "the wooden bridge|a basket of apples|two letters|the map of the valley|an old bicycle|the recipe|a pair of gloves|the garden wall|three photographs|the first chapter|a bowl of soup|the timetable|a new lamp|the story of the lighthouse",
        "and|but|because|although|while|so|after that|as soon as|before",
        "near the river|in the morning|on the last day of the month|at the station|behind the school|for many years|during the summer|without a word|in spite of the rain|at the edge of the forest",
        "ba be bri ca cor da del den dor el fa fen gar hal har in ka kel la len lo mar mel mon na ner or pa pel ra rin ro sa sel ster ta tor ul van ver wick win",
    ),
    Tongue(
        "Cyrillic",
        "наш сосед|старый рыбак|молодая учительница|мой брат|директор музея|каждый гость|маленькая компания|художник|её тётя|команда|библиотека|один мальчик|городской совет|хозяйка дома",
        "открыл|починил|долго описывал|купил|искал|никогда не забывал|хотел нарисовать|продал|потерял|объяснил|принёс|хранит|вспомнил|увидел",
        "деревянный мост|корзину яблок|два письма|карту долины|старый велосипед|рецепт пирога|пару перчаток|садовую стену|три фотографии|первую главу|тарелку супа|расписание поездов|новую лампу",
        "и|но|потому что|хотя|пока|поэтому|после этого|когда|прежде чем",
        "у реки|утром|в последний день месяца|на вокзале|за школой|много лет подряд|летом|без единого слова|несмотря на дождь|на краю леса",
        "ба бор вер ви га гор да дол ел жа за зим ка ков ла лин ло ма мир на нов о пав ра рос са сев ста та тор у фё хо ца че ша ян",
    ),
    Tongue(
        "Arabic",
        "جارنا|الفلاح العجوز|المعلمة الجديدة|أخي الصغير|مدير المتحف|كل زائر|الشركة الصغيرة|الرسام|عمتها|الفريق|أمين المكتبة|رجل من القرية|مجلس المدينة",
        "فتح|أصلح|وصف بعناية|اشترى|كان يبحث عن|لم ينس|أراد أن يرسم|باع|فقد|شرح|أحضر|يحفظ|تذكر|رأى",
        "الجسر الخشبي|سلة من التفاح|رسالتين|خريطة الوادي|دراجة قديمة|وصفة الكعك|زوجا من القفازات|سور الحديقة|ثلاث صور|الفصل الأول|طبق الحساء|جدول القطارات|مصباحا جديدا",
        "ثم|لكن|لأن|على الرغم من أن|بينما|لذلك|بعد ذلك|عندما|قبل أن",
        "قرب النهر|في الصباح|في آخر يوم من الشهر|في المحطة|خلف المدرسة|لسنوات طويلة|خلال الصيف|دون كلمة واحدة|رغم المطر|على حافة الغابة",
        "با بر تا تم جا حم خا دا در را رس زا سا سم شا صا طا عا عم غا فا قا كا كم لا لم ما مر نا نو ها وا يا",
        order="vsop",
    ),
    Tongue(
        "Devanagari",
        "हमारा पड़ोसी|बूढ़ा किसान|नई अध्यापिका|मेरा भाई|संग्रहालय का निदेशक|हर मेहमान|छोटी कंपनी|चित्रकार|उसकी चाची|पूरी टीम|पुस्तकालय|गाँव का एक आदमी|नगर परिषद",
        "खोलता है|ने ठीक किया|का वर्णन करेगा|खरीदना चाहता था|ढूँढ रहा था|कभी नहीं भूला|बनाना चाहता है|बेच दिया|खो दिया|समझाया|ले आया|रखता है|याद करता है",
        "लकड़ी का पुल|सेब की टोकरी|दो चिट्ठियाँ|घाटी का नक्शा|पुरानी साइकिल|मिठाई की विधि|दस्तानों की जोड़ी|बगीचे की दीवार|तीन तस्वीरें|पहला अध्याय|सूप का कटोरा|रेल की समय सारणी",
        "और|लेकिन|क्योंकि|हालाँकि|जब तक|इसलिए|उसके बाद|जैसे ही|इससे पहले कि",
        "नदी के पास|सुबह के समय|महीने के आखिरी दिन|स्टेशन पर|स्कूल के पीछे|कई सालों तक|गर्मियों में|बिना कुछ कहे|बारिश के बावजूद|जंगल के किनारे",
        "अम आन कम कर कल का गर गी चं जय जा तन ता दा दी धर नग नी पा पुर बल बा भा मन मा रा री लक ला वि शा सा सी सु हर हि",
        order="spov",
        stop="। ",
    ),
    Tongue(
        "Han",
        "我们的邻居|老渔夫|新来的老师|我的弟弟|博物馆馆长|每位客人|一家小公司|年轻的画家|她的姑姑|整个团队|图书管理员|村里的一个人|市议会",
        "打开了|修好了|仔细描述了|买下了|正在寻找|从来没有忘记|想要画出|卖掉了|弄丢了|解释了|带来了|一直保存着|想起了|看见了",
        "那座木桥|一篮苹果|两封信|山谷的地图|一辆旧自行车|蛋糕的做法|一双手套|花园的围墙|三张照片|第一章|一碗热汤|火车时刻表|新的台灯",
        "而且|但是|因为|虽然|当时|所以|后来|不久|在此之前",
        "在河边|早上|这个月的最后一天|在车站|学校后面|许多年来|整个夏天|一句话也没说|尽管下着雨|在森林边上",
        "安 白 宝 滨 昌 春 大 东 方 福 光 海 和 红 华 江 金 景 兰 林 明 宁 平 青 清 泉 山 石 水 泰 天 文 武 西 新 阳 永 玉 云 长 志 中",
        space="",
        stop="。",
    ),
    Tongue(
        "Thai",
        "เพื่อนบ้านของเรา|ชาวนาเฒ่า|ครูคนใหม่|น้องชายของฉัน|ผู้อำนวยการพิพิธภัณฑ์|แขกทุกคน|บริษัทเล็ก|จิตรกรหนุ่ม|ป้าของเธอ|ทั้งทีม|บรรณารักษ์|ชายในหมู่บ้าน|สภาเมือง",
        "เปิด|ซ่อม|บรรยายถึง|ซื้อ|กำลังมองหา|ไม่เคยลืม|อยากวาด|ขาย|ทำหาย|อธิบาย|นำมา|เก็บรักษา|นึกถึง|มองเห็น",
        "สะพานไม้|ตะกร้าแอปเปิล|จดหมายสองฉบับ|แผนที่หุบเขา|จักรยานเก่า|สูตรขนม|ถุงมือคู่หนึ่ง|กำแพงสวน|ภาพถ่ายสามใบ|บทแรก|ซุปหนึ่งชาม|ตารางรถไฟ|โคมไฟใหม่",
        "และ|แต่|เพราะ|แม้ว่า|ขณะที่|ดังนั้น|หลังจากนั้น|ทันทีที่|ก่อนที่",
        "ใกล้แม่น้ำ|ในตอนเช้า|ในวันสุดท้ายของเดือน|ที่สถานี|หลังโรงเรียน|เป็นเวลาหลายปี|ตลอดฤดูร้อน|โดยไม่พูดอะไร|ทั้งที่ฝนตก|ที่ชายป่า",
        "กร กา กุล ขวัญ คำ จัน ชัย ชา ดา ดี ทอง ธร นคร นา บุรี ปา พร พล พันธ์ มณี มา ยา รัตน์ ราช ลา วงศ์ วัน ศรี สา สุข หงส์ อรุณ อา",
        space="",
        stop=" ",
    ),
)


def paragraphs(tongue: Tongue, rng: Random, *, sentences: int = 4) -> Iterator[str]:
    """Paragraphs without end, of about so many sentences each."""
    lexicon = _lexicon(tongue, rng)
    weights = list(accumulate(1 / (rank + 20) for rank in range(len(lexicon))))
    while True:
        count = rng.randint(sentences - sentences // 4, sentences + sentences // 2)
        yield "".join(_sentence(tongue, rng, lexicon, weights) for _ in range(count)).strip()


def _lexicon(tongue: Tongue, rng: Random) -> list[str]:
    syllables = tongue.syllables.split()
    return ["".join(rng.choices(syllables, k=rng.randint(2, 4))) for _ in range(20_000)]


def _sentence(tongue: Tongue, rng: Random, lexicon: list[str], weights: list[float]) -> str:
    clauses = [_clause(tongue, rng, lexicon, weights) for _ in range(rng.choice((1, 2, 2, 3)))]
    words = clauses[0]
    for clause in clauses[1:]:
        words += [_one(tongue.links, rng), *clause]
    text = tongue.space.join(words)
    return text[0].upper() + text[1:] + tongue.stop


def _clause(tongue: Tongue, rng: Random, lexicon: list[str], weights: list[float]) -> list[str]:
    """Subject, verb, object and perhaps a place, with what they are called."""
    name, thing = rng.choices(lexicon, cum_weights=weights, k=2)
    parts = {
        "s": [_one(tongue.subjects, rng), name] if rng.random() < 0.6 else [name],
        "v": [_one(tongue.verbs, rng)],
        "o": [_one(tongue.objects, rng), thing] if rng.random() < 0.6 else [thing],
        "p": [_one(tongue.places, rng)] if rng.random() < 0.5 else [],
    }
    return [word for part in tongue.order for word in parts[part]]


def _one(words: str, rng: Random) -> str:
    return rng.choice(words.split("|"))
