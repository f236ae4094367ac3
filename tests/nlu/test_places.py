"""Every place of Kutai Timur by name and misspelling, and ordinary words that are none."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.places import Area, Gazetteer

FOLDER = Path(__file__).parents[2] / "data" / "places"
GAZETTEER = Gazetteer.load(FOLDER)
VILLAGES = GAZETTEER.villages()
KECAMATAN = {code: GAZETTEER.name(code).removeprefix("Kec. ") for code in sorted({v.kecamatan for v in VILLAGES})}
TWINS = {v.code for v in VILLAGES if v.name == KECAMATAN[v.kecamatan]}
ORDINARY = frozenset((FOLDER / "ordinary.txt").read_text(encoding="utf-8").split())


def code_of(name: str, kecamatan: str | None = None) -> str:
    found = [v.code for v in VILLAGES if v.name == name and kecamatan in (None, KECAMATAN[v.kecamatan])]
    assert len(found) == 1, f"{name}: {found}"
    return found[0]


def kecamatan_of(name: str) -> str:
    return next(code for code, known in KECAMATAN.items() if known == name)


def without_a_vowel(name: str) -> str:
    """The longest word loses its last inner vowel: "Sangkulirang" -> "Sangkulirng"."""
    words = name.split()
    longest = max(words, key=len)
    at = max(i for i, letter in enumerate(longest) if letter in "aeiou" and i > 0)
    return " ".join(w[:at] + w[at + 1 :] if w is longest else w for w in words)


def with_a_swap(name: str) -> str:
    """Two letters in the middle of the longest word change places, if it is long enough to stay itself."""
    words = name.split()
    longest = max(words, key=len)
    if len(longest) < 6:
        return name
    at = len(longest) // 2
    return " ".join(w[: at - 1] + w[at] + w[at - 1] + w[at + 1 :] if w is longest else w for w in words)


def ids(area: Area) -> str:
    return area.name


def test_it_holds_all_of_the_regency() -> None:
    assert len(VILLAGES) == 141
    assert sum(v.kind == "kelurahan" for v in VILLAGES) == 2
    assert len(KECAMATAN) == 18


@pytest.mark.parametrize("village", VILLAGES, ids=ids)
class TestEveryVillage:
    def test_with_desa_and_kecamatan(self, village: Area) -> None:
        found = GAZETTEER.find(f"jalan rusak di desa {village.name} kec. {KECAMATAN[village.kecamatan]}")
        assert (found.desa, found.kecamatan, found.certainty) == (village.code, village.kecamatan, "sure")

    def test_in_small_letters_and_capitals(self, village: Area) -> None:
        for said in (f"ds {village.name.lower()}", f"DESA {village.name.upper()} GELAP"):
            found = GAZETTEER.find(said)
            assert (found.desa, found.kecamatan) == (village.code, village.kecamatan)

    def test_as_the_whole_answer(self, village: Area) -> None:
        found = GAZETTEER.find(village.name)
        if village.code in TWINS:
            assert (found.desa, found.kecamatan, found.certainty) == (None, village.kecamatan, "doubtful")
            assert {code for code, _ in found.candidates} == {village.code, village.kecamatan}
        else:
            assert (found.desa, found.kecamatan) == (village.code, village.kecamatan)

    def test_misspelt(self, village: Area) -> None:
        kecamatan = KECAMATAN[village.kecamatan]
        for bent in (without_a_vowel(village.name), with_a_swap(village.name), village.name.replace(" ", "")):
            if village.code in TWINS or len(max(bent.split(), key=len)) < 5 or ORDINARY & set(bent.lower().split()):
                continue
            found = GAZETTEER.find(f"lampu mati ds {bent.lower()} {kecamatan.lower()}")
            assert (found.desa, found.kecamatan) == (village.code, village.kecamatan), bent


@pytest.mark.parametrize("code", KECAMATAN, ids=KECAMATAN.get)
class TestEveryKecamatan:
    def test_by_name(self, code: str) -> None:
        for said in ("banjir di kecamatan {}", "sinyal hilang di kec {}", "Kec. {}", "warga kcmtn {} protes"):
            found = GAZETTEER.find(said.format(KECAMATAN[code]))
            assert (found.kecamatan, found.desa) == (code, None)

    def test_misspelt(self, code: str) -> None:
        name = KECAMATAN[code].lower()
        bends = (without_a_vowel(name), with_a_swap(name), name.replace(" ", ""), name.upper(), name + name[-1] * 3)
        for bent in bends:
            if len(max(bent.split(), key=len)) >= 6:
                assert GAZETTEER.find(f"jembatan patah di {bent}").kecamatan == code, bent


ALIASES = [
    ("air keruh di kongbeng", "Kombeng"),
    ("pju mati ranpul", "Rantau Pulung"),
    ("debu di wahau", "Muara Wahau"),
    ("mn bengkal banjir", "Muara Bengkal"),
    ("motor hilang di ancalong", "Muara Ancalong"),
    ("jam kerja kantor camat mesangat", "Long Mesangat"),
    ("lng mesangt pdm", "Long Mesangat"),
    ("sangut, lorong belakang pasar", "Sangatta Utara"),
    ("sengata utara", "Sangatta Utara"),
    ("sgta utr gelap", "Sangatta Utara"),
    ("jalan sangata utra", "Sangatta Utara"),
    ("sangsel", "Sangatta Selatan"),
    ("sangta sltan", "Sangatta Selatan"),
    ("bngalon", "Bengalon"),
    ("bengaloooon", "Bengalon"),
    ("sngkulirang jln rsak", "Sangkulirang"),
    ("sangku lirang", "Sangkulirang"),
    ("kliorang", "Kaliorang"),
    ("tlk pandan", "Teluk Pandan"),
    ("muarawahau", "Muara Wahau"),
    ("rsud kudungga penuh", "Sangatta Utara"),
    ("balap liar di bukit pelangi", "Sangatta Utara"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "name"), ALIASES)
def test_other_names_of_a_kecamatan(text: str, name: str) -> None:
    assert GAZETTEER.find(text).kecamatan == kecamatan_of(name)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("nehas liah bing", "Nehes Liah Bing"),
        ("lampu mati di swargabara", "Swarga Bara"),
        ("tlk lingga gg mawar", "Teluk Lingga"),
        ("banjir di sg gembara", "Singa Gembara"),
        ("singa gewh", "Singa Geweh"),
        ("kel. teluk lingga", "Teluk Lingga"),
        ("bt timbau ulu", "Batu Timbau Ulu"),
        ("karangan sebrang", "Karangan Seberang"),
        ("sepaso tmr", "Sepaso Timur"),
        ("mgi rhyu", "Mugi Rahayu"),
        ("suka maju kongbeng", "Sukamaju"),
        ("bengkal ulu", "Muara Bengkal Ulu"),
        ("long bentuk", "Long Bentuq"),
        ("marah halok seberang lamin", "Marah Haloq"),
        ("tnjung manis", "Tanjung Manis"),
    ],
)
def test_other_names_of_a_desa(text: str, name: str) -> None:
    assert GAZETTEER.find(text).desa == code_of(name)


def test_a_shared_name_means_the_kecamatan_until_desa_is_said() -> None:
    asked = GAZETTEER.find("pohon tumbang sangatta selatan")
    assert (asked.kecamatan, asked.desa, asked.certainty) == (kecamatan_of("Sangatta Selatan"), None, "doubtful")
    with_street = GAZETTEER.find("pohon tumbang sangatta selatan jl mawar gg 3")
    assert (with_street.desa, with_street.certainty, with_street.detail) == (None, "sure", "jl mawar gg 3")
    said = GAZETTEER.find("pohon tumbang di desa sangatta selatan")
    assert (said.desa, said.certainty) == (code_of("Sangatta Selatan"), "sure")
    kecamatan = GAZETTEER.find("pohon tumbang di kec sangatta selatan")
    assert (kecamatan.desa, kecamatan.candidates, kecamatan.certainty) == (None, (), "sure")


def test_sangatta_alone_is_asked_about_unless_the_spot_decides() -> None:
    asked = GAZETTEER.find("lampu jalan mati di sengata")
    assert (asked.kecamatan, asked.certainty) == (None, "doubtful")
    assert [code for code, _ in asked.candidates] == [kecamatan_of("Sangatta Utara"), kecamatan_of("Sangatta Selatan")]
    assert GAZETTEER.find("lampu mati di bukit pelangi sangatta").kecamatan == kecamatan_of("Sangatta Utara")


def test_a_name_that_two_kecamatan_know_is_decided_by_the_one_beside_it() -> None:
    assert GAZETTEER.find("benua baru, muara bengkal").desa == code_of("Benua Baru")
    asked = GAZETTEER.find("sampah di benua baru sangkulirang")
    assert (asked.kecamatan, asked.desa, asked.certainty) == (kecamatan_of("Sangkulirang"), None, "doubtful")
    assert {code for code, _ in asked.candidates} == {code_of("Benua Baru Ilir"), code_of("Benua Baru Ulu")}
    assert GAZETTEER.find("sampah di benua baru").certainty == "doubtful"
    assert GAZETTEER.find("manunggal jaya kaliorang").desa == code_of("Citra Manunggal Jaya")
    assert GAZETTEER.find("manunggal jaya rantau pulung").desa == code_of("Manunggal Jaya")


def test_a_shared_first_word_is_asked_about() -> None:
    found = GAZETTEER.find("dermaga kelinjau rusak")
    assert (found.kecamatan, found.desa, found.certainty) == (kecamatan_of("Muara Ancalong"), None, "doubtful")
    assert len(found.candidates) == 2


NOT_PLACES = [
    "mata air di belakang rumah kering", "sumur dekat mata air keruh", "hp saya sekarat", "usaha kami sekarat",
    "mohon tindak lanjut pengaduan saya", "pengajian jumat", "pengadaan seragam", "putusan pengadilan", "kerajaan",
    "kebun sawit dibakar", "kambing masuk kebun", "kembang api", "besi karatan", "halte roboh separo", "kerupuk",
    "mau buang sampah", "sudah telan semua obatnya", "gue telen semua obatnya", "baunya sangit", "sangat gelap",
    "kirim gambar", "pohon mangga besar", "debu batubara", "jl martadinata macet", "pt bumi jaya tidak bayar gaji",
    "tempat sandaran kapal patah", "karangan bunga di depan kantor", "sakit kepala", "pintu depan ketahan air",
    "jalan baru selatan timur", "muara sungai dangkal", "teluk dangkal", "tanjung", "bukit longsor", "batu besar jatuh",
    "kerja karya bhakti tni", "tambak di pulau", "air pam mati", "lampu merah mati", "suka duka kami", "makmur",
    "tepian sungai longsor", "durian langsat murah", "pemulung masuk gang", "melawan arus",
    "relawan banjir", "tabrakan beruntun", "kacang panjang mahal", "panjang sekali antrenya", "berubah bentuk",
]  # fmt: skip


@pytest.mark.parametrize("text", NOT_PLACES)
def test_ordinary_words_are_no_place(text: str) -> None:
    found = GAZETTEER.find(text)
    assert (found.kecamatan, found.desa, found.candidates, found.outside) == (None, None, (), None)


@pytest.mark.parametrize(
    ("text", "kecamatan"),
    [
        ("bukan di sangatta tapi di bengalon", "Bengalon"),
        ("eh salah bu, bukan bengalon tapi kaliorang", "Kaliorang"),
        ("travel dari karangan mau ke sangatta masuk jurang", "Karangan"),
        ("ibu saya dirujuk ke sangatta, kami di long mesangat", "Long Mesangat"),
        ("dari rantau panjang disuruh ke sangatta", "Telen"),
        ("kapal dari samarinda bersandar di muara bengkal ulu", "Muara Bengkal"),
        ("lokasinya salah, di bengalon", "Bengalon"),
    ],
)
def test_of_several_the_one_it_is_about(text: str, kecamatan: str) -> None:
    assert GAZETTEER.find(text).kecamatan == kecamatan_of(kecamatan)


def test_two_equal_places_are_asked_about() -> None:
    found = GAZETTEER.find("jalan bengalon kaliorang rusak")
    assert found.certainty == "doubtful"
    assert {code for code, _ in found.candidates} == {kecamatan_of("Bengalon"), kecamatan_of("Kaliorang")}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("rumah saya di bontang banjir", "Kota Bontang"),
        ("jalan rusak di samarinda", "Samarinda"),
        ("kebakaran di tenggarong", "Tenggarong (Kutai Kartanegara)"),
        ("lokasi marangkayu km 3", "Kec. Marangkayu (Kutai Kartanegara)"),
        ("di tanjung redeb berau", "Tanjung Redeb (Berau)"),
        ("talisayan", "Kec. Talisayan (Berau)"),
        ("kukar", "Tenggarong (Kutai Kartanegara)"),
        ("posisi di balikpapan", "Balikpapan"),
    ],
)
def test_places_beyond_the_regency_are_named(text: str, name: str) -> None:
    found = GAZETTEER.find(text)
    assert (found.outside, found.kecamatan) == (name, None)


@pytest.mark.parametrize(
    "text",
    [
        "bus ke samarinda berhenti di pinggir jalan", "km 24 arah bontang amblas", "pindah sekolah dari samarinda",
        "katanya ada begal di bontang", "dengar berita banjir di jakarta", "poros bontang km 15 gelap",
    ],
)  # fmt: skip
def test_going_there_or_hearing_of_it_is_not_being_there(text: str) -> None:
    assert GAZETTEER.find(text).outside is None


DETAILS = [
    ("jalan berlubang jl yos sudarso gg 3 udah 2 minggu", "jl yos sudarso gg 3"),
    ("pju mati poros km 5 bengalon", "poros km 5"),
    ("lampu mati di km 5 poros bengalon sudah lama", "km 5 poros bengalon"),
    ("parit mampet rt 05 teluk lingga", "rt 05"),
    ("dpn masjid al falah gelap", "dpn masjid al falah"),
    ("sampah numpuk di belakang pasar induk, bau", "belakang pasar induk"),
    ("kabel putus samping sdn 004 tolong cepat", "samping sdn 004"),
    ("di simpang 3 pasar induk macet", "simpang 3 pasar induk"),
    ("perumahan griya blok f air mati", "perumahan griya blok f"),
    ("gang anggrek rt 30 banjir", "gang anggrek rt 30"),
    ("tolong dkt jembatan merah longsor", "dkt jembatan merah"),
    ("Di depan puskesmas rantau pulung ada lubang", "depan puskesmas rantau pulung"),
    ("jl diponegoro rt 5, depan toko kue", "jl diponegoro rt 5, depan toko kue"),
    ("jalan rusak parah", None),
    ("minggu depan saya ke sana", None),
    ("sudah jalan kaki dua jam", None),
    ("jalan ditutup warga", None),
    ("tolong pak", None),
]


@pytest.mark.parametrize(("text", "detail"), DETAILS)
def test_the_citizens_own_words_for_the_spot(text: str, detail: str | None) -> None:
    assert GAZETTEER.find(text).detail == detail


def test_the_names_shown() -> None:
    assert GAZETTEER.name(code_of("Sepaso")) == "Desa Sepaso, Kec. Bengalon"
    assert GAZETTEER.name(code_of("Teluk Lingga")) == "Kel. Teluk Lingga, Kec. Sangatta Utara"
    assert GAZETTEER.name(kecamatan_of("Bengalon")) == "Kec. Bengalon"
    with pytest.raises(KeyError):
        GAZETTEER.name("64.08.99")


def test_a_folder_with_a_broken_file_is_refused_by_name(tmp_path: Path) -> None:
    for file in FOLDER.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "aliases.yml").write_text("words: {}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"aliases\.yml"):
        Gazetteer.load(tmp_path)


WORDS = "di ke dari desa ds kec bukan sangatta utara sepaso bengalon benua baru jl gg 3 km , . depan samarinda mata air"


@given(st.one_of(st.text(max_size=80), st.lists(st.sampled_from(WORDS.split()), max_size=12).map(" ".join)))
def test_any_text_is_answered_and_the_answer_agrees_with_itself(text: str) -> None:
    found = GAZETTEER.find(text)
    if found.desa:
        assert found.desa[:8] == found.kecamatan
    if found.certainty == "sure":
        assert found.kecamatan or found.outside
    if found.certainty == "doubtful":
        assert found.candidates
    assert all(code in GAZETTEER and 0 < score <= 1 for code, score in found.candidates)
