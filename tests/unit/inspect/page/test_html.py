"""HTML as a client shows it, and apart from it what it does not show."""

from __future__ import annotations

import base64

import pytest

from mailguard.inspect.content import Inner
from mailguard.inspect.page.css import declarations, generated_text, sheet_of, silent_text
from mailguard.inspect.page.html import html_text

CARD = "4012888888881881"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("4012<b>8888</b><wbr><i>8888</i>1881", CARD),
        ("4012&#8203;8888&shy;8888&#x2060;1881", CARD),
        ("4012&nbsp;8888 8888&#160 1881", "4012 8888 8888  1881"),
        ("<P>a</P><DIV>b</DIV>c", "a\n\nb\nc"),
        ("a<br/>b<BR >c", "a\nb\nc"),
        ("<table><tr><td><table><tr><td>a</td><td>b</td></tr></table></td><td>c</td></tr></table>", "a\tb\t\n\n\tc\t"),
        ("<pre>a  b\n  c</pre>", "a  b\nc"),
        ("<ul><li>a<li>b</ul>", "a\nb"),
        ("<select><option>a</option><option>b</option></select>", "a\n\nb"),
        ("<textarea>a<b>c</textarea>", "a<b>c"),
        ("<details><summary>a</summary>b</details>", "a\nb"),
        ("<svg><text>a</text></svg><math><mi>b</mi></math>", "ab"),
        ("<ruby>山<rp>(</rp><rt>やま</rt><rp>)</rp>田<rt>だ</ruby>さん", "山田さん"),
        ("<noscript>a</noscript>", "a"),
        ("<![if !mso]>a<![endif]>", "a"),
        ("<!--[if !mso]><!-->a<!--<![endif]-->", "a"),
        ("1 < 2 and 3 <4 > 2", "1 < 2 and 3 <4 > 2"),
        ("<!-->a<!--->b<!-- c --!>d", "abd"),
        ('<a title="x>y">a</a>', "a"),
        ("<title>t</title><style>.a{b:c}</style><script>s</script>a", "a"),
        ("<style>never closed a", "never closed a"),
        ("a<b", "a"),
        ("<div aria-hidden=true>a</div>", "a"),
        ("<input value='a'>", "a"),
        ("<p>a<p>b</p>", "a\nb"),
        ("<p>社\r\n  外\n秘 \nabc\n社</p>", "社外秘 abc 社"),
        ("<pre>社\n外</pre>", "社\n外"),
        ("a&amp;b&lt;c&copy d&unknown;", "a&b<c© d&unknown;"),
    ],
)
def test_what_is_shown(source: str, shown: str) -> None:
    assert html_text(source).shown == shown


@pytest.mark.parametrize(
    "attributes",
    [
        'style="display:none"',
        "style='DISPLAY : NONE !important'",
        'style="display:/**/none"',
        'style="visibility:hidden"',
        'style="visibility:collapse"',
        'style="font-size:0"',
        'style="font-size: 1px"',
        'style="opacity:0"',
        'style="opacity:.01"',
        'style="color:#fff"',
        'style="color:white"',
        'style="color:rgb(254, 254, 254)"',
        'style="color:rgba(0,0,0,0)"',
        'style="color:transparent"',
        'style="background:#123456;color:#123456"',
        'style="background-color:black;color:#010101"',
        'style="position:absolute;left:-9999px"',
        'style="text-indent:-9999px"',
        'style="margin-left:-1000px"',
        'style="height:0;overflow:hidden"',
        'style="max-height:0"',
        'style="clip:rect(0, 0, 0, 0)"',
        'style="clip-path: inset(50%)"',
        'style="transform: scale(0)"',
        'style="mso-hide:all"',
        "hidden",
        'hidden=""',
        'class="x unseen"',
        'id="gone"',
        'bgcolor="#ffffff" style="color:#fefefe"',
    ],
)
def test_what_a_style_hides(attributes: str) -> None:
    sheet = "<style>/* x */ .unseen, p.other { display : none } #gone{font-size:0}</style>"
    page = html_text(f"{sheet}a<div {attributes}>b<div>c</div><i>d</i></div>e")
    assert page.shown.split() == ["a", "e"]
    assert "".join(page.hidden.split()) == "bcd"


@pytest.mark.parametrize(
    "attributes",
    [
        'style="overflow:hidden"',
        'style="font-size:12px;color:#333"',
        'style="opacity:0.8"',
        'style="background:#06c;color:#fff"',
        'style="background:url(x.png);color:#fff"',
        'style="background:linear-gradient(red,blue);color:#fff"',
        'background="x.png" style="color:#fff"',
        'class="dark" style="color:#fff"',
        'class="narrow"',
        'class="around"',
        'type="hidden"',
        'class="hidden"',
        'style="height:0"',
        'style="margin-left:-20px"',
        'style="visibility:visible"',
    ],
)
def test_what_a_style_does_not_hide(attributes: str) -> None:
    sheet = (
        "<style>.dark{background:#000} @media (max-width:9px){.narrow{display:none}} .a .around{display:none}</style>"
    )
    page = html_text(f"{sheet}<div {attributes}>b</div>")
    assert (page.shown, page.hidden) == ("b", "")


def test_what_a_child_makes_visible_again() -> None:
    assert html_text('<td style="font-size:0">a<span style="font-size:14px">b</span></td>').shown.strip() == "b"
    assert html_text('<p style="visibility:hidden">a<b style="visibility:visible">b</b></p>').shown == "b"
    assert html_text('<p style="display:none">a<b style="display:block">b</b></p>').shown == ""
    assert html_text('<body bgcolor=black><p style="color:#fff">a<p style="color:#000">b</body>').shown == "a"


def test_hidden_text_does_not_cut_a_number() -> None:
    assert html_text('4012<span style="display:none">x</span>8888').shown == "40128888"


@pytest.mark.parametrize(
    ("source", "aside"),
    [
        ('<img alt="a" title="b">', ["a", "b"]),
        ("<!-- a -->", ["a"]),
        ("<!--[if mso]><p>a</p><!-- b --><![endif]-->", ["a", "b"]),
        ("<!--[if mso]>a", ["a"]),
        ("<title>a</title>", ["a"]),
        ('<meta name="description" content="a"><meta charset="x"><meta name="viewport" content="c">', ["a"]),
        ("<a href='mailto:a@b.example?subject=c%20d'>", ["a@b.example?subject=c", "d"]),
        ("<a href='https://x.example/?q=%E6%A9%9F'></a><a href='https://x.example/'>", ["https://x.example/?q=機"]),
        ("<script>a</script>", ["a"]),
        ("<![CDATA[a]]>", ["a"]),
        ("<? a ?></ b>", ["a", "?", "b"]),
        ("<ruby>x<rt>a</rt>", ["a"]),
        ('<p data-x="<b>a</b>">', ["a"]),
        ("<style>p{a:b} /* a */</style>", ["a"]),
        ("<style>just words</style>", ["just", "words"]),
    ],
)
def test_what_stands_aside(source: str, aside: list[str]) -> None:
    page = html_text(source)
    assert page.aside.split() == aside
    assert page.hidden == ""


@pytest.mark.parametrize(
    "source",
    [
        "<template><p>KEY</p></template>",
        "<style>p::after{content:'KEY'}</style>",
        "<input type=hidden value=KEY>",
        "<iframe srcdoc='<p>KEY</p>'></iframe>",
        "<object data='data:text/plain,KEY'>",
        f"<iframe src='data:text/html;base64,{base64.b64encode(b'<p>KEY</p>').decode()}'>",
        "<img src='data:image/svg+xml,<svg><text>KEY</text></svg>'>",
    ],
)
def test_what_is_hidden_elsewhere(source: str) -> None:
    page = html_text(source)
    assert page.hidden.strip() == "KEY"
    assert page.shown.strip() == ""


def test_a_file_in_a_link() -> None:
    link = '<a download="a.zip" href="data:application/zip;base64,UEs=">x</a><img src="data:image/png;base64,AAAA">'
    assert html_text(link).files == (Inner("a.zip", b"PK", 2),)


def test_style_sheets() -> None:
    sheet = sheet_of(["@media screen{.a{x:1}} @media print{.b{x:2}} .c,.d e{background:red}", ".f{X:Y}"])
    assert sheet.rules == {".a": {"x": "1"}, ".c": {"background": "red"}, ".f": {"x": "y"}}
    assert sheet.doubtful == {"e"}
    assert declarations("a:b;; c : D !important;e") == {"a": "b", "c": "d"}
    assert generated_text("a{content:'\\201C'; content : 'ab'; align-content:'x y'}") == ["ab"]
    assert generated_text("a{content:'\\f101'} b{content:\"\\5B9B \\5148\" ' \\'x\\\n\\000079'}") == ["宛先 'xy"]
    assert generated_text("a{content:'ab\\") == ["ab"]
    assert generated_text("a{content:'\\d800 ab'}") == ["\ufffdab"]
    assert silent_text("/* Font Definitions */ a{b:c} /* d */") == ["d"]


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "<!--",
        '<a "',
        "&",
        "<a",
        "<div style='display:none'>",
        "<style>",
        "</style ",
        "<!--[if mso]>",
        "&nbsp;",
        "<rt>",
    ],
)
def test_odd_pages_are_read_in_one_go(piece: str) -> None:
    assert html_text(piece * 3000 + "KEY>") is not None
