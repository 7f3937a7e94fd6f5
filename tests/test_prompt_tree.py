"""The tree of a prompt: weights, quotations, pictures and typed parameters, and what is told about them."""

from __future__ import annotations

import dataclasses

import pytest

from allaprima.errors import PromptError, UserError
from allaprima.prompt import TABLE, Aspect, ImageReference, Parameters, Prompt, PromptMistake, TextPart, parse
from allaprima.prompt.parameters import BY_NAME, RETIRED, Choice, Codes, Flag, References


def one(text: str) -> Prompt:
    (job,) = parse(text).jobs
    return job


def weights(prompt: Prompt) -> list[tuple[str, float, float]]:
    return [(part.text, part.weight, part.normalised) for part in prompt.text]


@pytest.mark.parametrize(
    "same",
    [
        ("space:: ship", "space::1 ship", "space:: ship::1", "space::2 ship::2", "space::100 ship::100"),
        ("cheese::2 cake", "cheese::4 cake::2", "cheese::100 cake::50"),
        ("tulips:: red::-.5", "tulips::2 red::-1", "tulips::200 red::-100"),
        ("a::1 b:: c::", "a:: b:: c", "a::5 b::5 c::5"),
    ],
)
def test_only_the_ratio_of_weights_counts(same: tuple[str, ...]) -> None:
    first, *others = ([(part.text, part.normalised) for part in one(text).text] for text in same)
    assert all(other == first for other in others)


def test_weights_are_kept_as_written_and_normalised() -> None:
    assert weights(one("space::2 ship")) == [("space", 2, 0.666667), ("ship", 1, 0.333333)]
    assert weights(one("tulips:: red::-.5")) == [("tulips", 1, 2), ("red", -0.5, -1)]
    assert weights(one("a cat")) == [("a cat", 1, 1)]


def guide(text: str) -> list[tuple[str, float]]:
    return [(part.text, part.normalised) for part in one(text).weighted]


def test_no_is_half_a_part_taken_away() -> None:
    assert guide("vibrant tulip fields --no red") == guide("vibrant tulip fields:: red::-.5")
    assert guide("tulips --no red") == [("tulips", 2), ("red", -1)]
    assert guide("tulips --no red, blue") == [("tulips", 2), ("red", -0.5), ("blue", -0.5)]
    assert guide("a::2 b::1 --no c") == guide("a::100 b::50 --no c")
    assert sum(weight for _, weight in guide("cat --no " + ", ".join("abcdefghijklmnop"))) == pytest.approx(1, abs=1e-4)


def test_no_counts_in_the_sum_rule() -> None:
    with pytest.raises(PromptMistake, match="add up to 0 or less") as caught:
        parse("a::1 b::-.5 --no c")
    assert caught.value.kind == "weights_not_positive"


def test_quotations_are_found_in_the_text() -> None:
    prompt = one('a sign "open \\"late\\"" and "a  b"::2 no "x"')
    assert prompt.text[0].text == 'a sign "open "late"" and "a b"'
    assert prompt.quoted == ('open "late"', "a b", "x")
    assert one("a 'single' and 12\" one").quoted == ()


def test_pictures_have_weights_of_their_own() -> None:
    assert one("https://a.com/1::2 my\\ cat.png a dog").images == (
        ImageReference("https://a.com/1", 2.0),
        ImageReference("my cat.png", 1.0),
    )


def test_words_are_what_is_wanted() -> None:
    assert one("a red cat:: dogs::-.2 grass::.5").words == "a red cat grass"


def test_parameters_are_typed_and_default() -> None:
    parameters = one("a cat --ar 16:9 --c 5 --q .5 --tile --no a, b --cref @lily::2 --v 6").parameters
    assert parameters.aspect == Aspect(16, 9)
    assert (parameters.chaos, parameters.quality, parameters.tile) == (5, 0.5, True)
    assert parameters.no == ("a", "b")
    assert parameters.cref == (ImageReference("lily", 2.0),)
    assert parameters.version == "6"
    assert (parameters.stylize, parameters.seed, parameters.raw, parameters.stop) == (100, None, False, 100)
    assert parameters.given == {"aspect", "chaos", "quality", "tile", "no", "cref", "version"}


def test_a_written_default_is_told_from_none() -> None:
    assert one("a cat --chaos 0") != one("a cat")
    assert one("a cat --chaos 0").parameters.chaos == one("a cat").parameters.chaos


def test_parameters_can_be_changed() -> None:
    prompt = one("a cat --sref random --chaos 5")
    code = prompt.parameters.with_values(sref=(ImageReference("123"),))
    assert dataclasses.replace(prompt, parameters=code).canonical == "a cat --chaos 5 --sref 123"
    assert dataclasses.replace(prompt, parameters=code.without("sref")).canonical == "a cat --chaos 5"


def test_a_part_can_be_reweighted() -> None:
    prompt = Prompt((TextPart("a cat", 2.0), TextPart("a dog")))
    assert prompt.canonical == "a cat::2 a dog::1"
    assert [part.normalised for part in prompt.weighted] == [0.666667, 0.333333]


def test_json_has_exactly_the_promised_keys() -> None:
    assert parse("https://a.com/1::2 a cat:: red::-.2 --ar 4:2 --no x, y --sref 1 random --raw --iw .5").to_json() == {
        "jobs": [
            {
                "text": [
                    {"text": "a cat", "weight": 1.0, "normalised": 1.25},
                    {"text": "red", "weight": -0.2, "normalised": -0.25},
                ],
                "images": [{"ref": "https://a.com/1", "weight": 2.0}],
                "parameters": {
                    "aspect": "2:1",
                    "raw": True,
                    "no": ["x", "y"],
                    "iw": 0.5,
                    "sref": [{"ref": "1", "weight": 1.0}, {"ref": "random", "weight": 1.0}],
                },
                "canonical": "https://a.com/1::2 a cat::1 red::-0.2 --aspect 2:1 --raw --no x, y --iw 0.5 "
                "--sref 1 random",
            }
        ],
        "warnings": [],
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a cat --fast", "--fast: It has no effect here"),
        ("a cat --stealth", "--stealth: It has no effect here"),
        ("a cat --exp 5", "--exp: It has no effect here"),
        ("a cat --sref 1 --sv 4", "--sv: It has no effect here"),
        ("a.png a cat --video", "--video: It has no effect yet"),
        ("a cat --testp", "--testp is an old parameter"),
        ("a cat --width 512", "Use --ar"),
        ("a cat --cw 50", "--cw does nothing without --cref"),
        ("a cat --sw 50", "--sw does nothing without --sref"),
        ("a cat --ow 50", "--ow does nothing without --oref"),
        ("a cat --iw 2", "--iw does nothing without a picture"),
        ("a cat --seed 1 --seed 2", "--seed is written more than once; the first counts"),
        ("a cat --q 3", "--q 3 was moved to 2"),
        ("a cat -ar 16:9", "two dashes: --ar"),
        ("a cat https://a.com/1.png", "only before the words"),
        ('a "cat', "quotation mark without a partner"),
        ("a.png b.png --weird 50", "--weird does nothing without words"),
        ("a {} cat", "{} holds nothing"),
        ("{a, a} cat", "painted once"),
        (":: a", "without words before it"),
        ("a [b:c:0.5]", "read as words"),
        ("a (b:7)", "goes from 0 to 4"),
        ("{2::a|b}", "every option becomes a job"),
    ],
)
def test_what_is_read_otherwise_is_told(text: str, told: str) -> None:
    assert any(told in warning for warning in parse(text).warnings)


def test_a_plain_prompt_is_told_nothing() -> None:
    assert parse("a {red, green} cat:: rain::.5 --ar 3:2 --no dogs --seed 1").warnings == ()


def test_a_warning_is_told_once_for_all_jobs() -> None:
    assert len(parse("a {red, green, blue} cat --fast").warnings) == 1


def test_mistakes_are_the_users() -> None:
    with pytest.raises(UserError):
        parse("")
    with pytest.raises(PromptError):
        parse("a cat --choas")


def test_positions_lead_back_through_permutations() -> None:
    typed = "a {red \\, x, {green, blue} --choas 5} cat"
    with pytest.raises(PromptMistake) as caught:
        parse(typed)
    assert typed[caught.value.position :].startswith("--choas")


def test_the_mistake_is_shown_under_the_prompt() -> None:
    typed = "a cat " * 50 + "--choas 5" + " and so on" * 20
    with pytest.raises(PromptMistake) as caught:
        parse(typed)
    shown, caret = caught.value.pointed_at(typed).split("\n")
    assert shown[caret.index("^") :].startswith("--choas")
    assert len(shown) <= 100


@pytest.mark.parametrize("text", ["a" * 10_001, "{" + ",".join("a" * 240 for _ in range(41)) + "}", "{a, b}" * 101])
def test_limits(text: str) -> None:
    with pytest.raises(PromptMistake) as caught:
        parse(text)
    assert caught.value.kind in ("too_long", "too_many", "too_many_jobs")


def test_the_table_and_the_tree_have_the_same_parameters() -> None:
    fields = [field.name for field in dataclasses.fields(Parameters) if field.name != "given"]
    assert [row.name for row in TABLE] == fields
    assert len(BY_NAME) == sum(1 + len(row.aliases) for row in TABLE)
    assert not RETIRED.keys() & BY_NAME.keys()


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_every_row_of_the_table_can_be_written(row: object) -> None:
    row = BY_NAME[row.name]  # type: ignore[attr-defined]
    for spelling in (row.name, *row.aliases):
        for dashes in ("--", "—", "–"):
            for name in (spelling, spelling.upper()):
                job = one(f"a.png a cat {dashes}{name} {row.example}")
                assert job.parameters.given == {row.name}
                assert parse(job.canonical).jobs == (job,)
    for other in row.clashes:
        assert row.name in BY_NAME[other].clashes
        with pytest.raises(PromptMistake, match="exclude each other"):
            parse(f"a cat --{row.name} {row.example} --{other} {BY_NAME[other].example}")
    if not isinstance(row.value, Flag | Codes) and not (isinstance(row.value, Choice) and row.value.bare):
        with pytest.raises(PromptMistake, match="needs a value"):
            parse(f"a cat --{row.name}")
    if row.idle:
        assert any(row.idle in warning for warning in parse(f"a cat --{row.name} {row.example}").warnings)
    if isinstance(row.value, References):
        with pytest.raises(PromptMistake, match=f"takes {row.range}".replace("(", r"\(").replace(")", r"\)")):
            parse(f"a cat --{row.name} " + " ".join(f"{i}.png" for i in range(row.value.most + 1)))
