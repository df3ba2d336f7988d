#!/usr/bin/python3
"""What report.html does in a browser: headless Chromium walks a click path through a page, with and without scripts, in the light and in
the dark, and keeps screenshots. Usage: browser.py REPORT.html SHOTS. Exit status: 0 all holds, 1 something does not, 77 no browser here."""
import base64
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

try:
    from selenium import webdriver
    from selenium.common.exceptions import WebDriverException
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
except ImportError:
    print("python3-selenium is not here")
    sys.exit(77)

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-default-apps", "--hide-scrollbars", "--force-device-scale-factor=1")
SLOW_MS = 3000  # a page that takes longer fails on any machine
WIDTHS = ((400, 900), (1000, 1100), (1600, 1200))

passed, failed = [], []


def claim(name, holds, seen=""):
    """One line for each claim; what was seen if it does not hold."""
    (passed if holds else failed).append(name)
    print("browser: %s: %s%s" % ("ok" if holds else "FAILED", name, "" if holds else ": " + str(seen)[:600]))


class Page:
    """A report in a browser of its own."""

    def __init__(self, report, width, height, dark=False, scripts=True):
        self.folder = tempfile.mkdtemp(prefix="espy-browser-")
        options = Options()
        options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or "/usr/bin/chromium"
        for flag in FLAGS + ("--user-data-dir=" + self.folder,):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver") or "/usr/bin/chromedriver"))
        self.look(width, height, dark)
        if not scripts:
            self.cdp("Emulation.setScriptExecutionDisabled", value=True)
        self.url = Path(report).resolve().as_uri()
        self.driver.get(self.url)

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.driver.quit()
        shutil.rmtree(self.folder, ignore_errors=True)

    def look(self, width, height, dark):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def cdp(self, command, **arguments):
        return self.driver.execute_cdp_cmd(command, arguments)

    def js(self, text, *arguments):
        return self.driver.execute_script(text, *arguments)

    def one(self, css):
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def press(self, *keys):
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def visible(self, css):
        return self.js("return [...document.querySelectorAll(arguments[0])].filter((e) => e.checkVisibility()).length", css)

    def shot(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        data = self.cdp("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(data["data"]))

    def work(self):
        """Seconds that the page's own thread has worked so far."""
        return next(m["value"] for m in self.cdp("Performance.getMetrics")["metrics"] if m["name"] == "TaskDuration")

    def wait(self, what, seconds=5):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.js("return " + what):
                return True
            time.sleep(0.05)
        return False

    def requests(self):
        """Addresses that were asked for, but for the page itself."""
        seen = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                url = message["params"]["request"]["url"]
                asker = message["params"].get("documentURL", "").split("#")[0]
                if asker == self.url and url.split("#")[0] != self.url:
                    seen.append(url)
        return seen

    def complaints(self):
        return [e["message"] for e in self.driver.get_log("browser") if e["level"] in ("SEVERE", "WARNING")]


# --- what a page must be, whatever it says -------------------------------------------------------

STRUCTURE = r"""
const bad = [];
const all = (css) => [...document.querySelectorAll(css)];
const name = (e) => (e.getAttribute("aria-label") || (e.getAttribute("aria-labelledby") || "").split(" ").map((i) =>
    (document.getElementById(i) || {}).textContent || "").join("") || e.textContent || e.title || "").trim();
const ids = new Map();
for (const e of all("[id]")) ids.set(e.id, (ids.get(e.id) || 0) + 1);
for (const [id, n] of ids) if (n > 1) bad.push("id " + id + " " + n + " times");
for (const e of all("a[href^='#']"))
    if (!ids.has(decodeURIComponent(e.getAttribute("href").slice(1)))) bad.push("link into nothing: " + e.getAttribute("href"));
for (const e of all("button, a[href], summary")) if (!name(e)) bad.push("no name: " + e.outerHTML.slice(0, 80));
for (const e of all("input, select"))
    if (!(e.labels && e.labels.length) && !e.getAttribute("aria-label")) bad.push("no label: " + e.outerHTML.slice(0, 80));
for (const e of all("svg:not([aria-hidden=true]), [role=img]"))
    if (!e.getAttribute("aria-label") && !e.getAttribute("aria-labelledby") && !e.querySelector("title"))
        bad.push("picture without words: " + e.outerHTML.slice(0, 80));
for (const e of all("[aria-labelledby], [aria-describedby], [aria-controls], label[for]"))
    for (const a of ["aria-labelledby", "aria-describedby", "aria-controls", "for"])
        for (const id of (e.getAttribute(a) || "").split(" ").filter(Boolean)) if (!ids.has(id)) bad.push(a + " " + id);
for (const e of all("table")) if (!e.querySelector("th")) bad.push("table without heads: " + e.outerHTML.slice(0, 80));
for (const e of all("th")) if (!e.scope) bad.push("head without scope: " + e.outerHTML.slice(0, 80));
for (const e of all("[tabindex]")) if (e.tabIndex > 0) bad.push("tabindex " + e.tabIndex);
for (const e of all("a a, a button, button a, summary a, summary button, h1 h2, span h3, p div, p ul, p table"))
    bad.push("within what may not hold it: " + e.outerHTML.slice(0, 80));
for (const css of ["main", "header", "footer", "nav"]) if (all(css).length !== 1) bad.push(css + " " + all(css).length + " times");
if (all("h1").length !== 1) bad.push("h1 " + all("h1").length + " times");
let last = 0;
for (const h of all("h1, h2, h3, h4, h5, h6")) {
    const level = Number(h.tagName[1]);
    if (level > last + 1) bad.push("after h" + last + " comes " + h.outerHTML.slice(0, 80));
    last = level;
}
if (!document.documentElement.lang || !document.title) bad.push("no language or title");
for (const e of all("[src], link, iframe, object, embed, img")) bad.push("loads something: " + e.outerHTML.slice(0, 80));
return bad;
"""

# Two readers, one tree: what HTML implies (a paragraph that ends early, a table that grows a body) must not happen.
ONE_TREE = r"""
const shape = (doc) => {
    const out = [];
    const walk = (e) => { out.push(e.localName + "#" + (e.id || "")); for (const c of e.children) walk(c); out.push("/"); };
    walk(doc.documentElement);
    return out;
};
const text = arguments[0];
const a = shape(new DOMParser().parseFromString(text, "text/html"));
const b = shape(new DOMParser().parseFromString(text, "application/xhtml+xml"));
for (let i = 0; i < Math.max(a.length, b.length); i++)
    if (a[i] !== b[i]) return "element " + i + ": " + a.slice(i - 3, i + 3) + " against " + b.slice(i - 3, i + 3);
return "";
"""

# WCAG 2.1, 1.4.3: 4.5 to 1, or 3 to 1 where letters are large.
CONTRAST = r"""
const parse = (c) => { const m = c.match(/[\d.]+/g).map(Number); return { r: m[0], g: m[1], b: m[2], a: m.length > 3 ? m[3] : 1 }; };
const over = (f, b) => ({ r: f.r * f.a + b.r * (1 - f.a), g: f.g * f.a + b.g * (1 - f.a), b: f.b * f.a + b.b * (1 - f.a), a: 1 });
const lum = (c) => [c.r, c.g, c.b].map((v) => v / 255).map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((s, v, i) => s + v * [0.2126, 0.7152, 0.0722][i], 0);
const ground = (e) => {
    const layers = [];
    for (let up = e; up; up = up.parentElement) {
        const c = parse(getComputedStyle(up).backgroundColor);
        if (c.a > 0) layers.push(c);
        if (c.a === 1) break;
    }
    return layers.reverse().reduce((below, c) => over(c, below), { r: 255, g: 255, b: 255, a: 1 });
};
const bad = new Map();
let seen = 0;
for (const e of document.body.querySelectorAll("*")) {
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || !e.checkVisibility()) continue;
    if (e.closest("noscript, .ear, script, option, optgroup")) continue;
    seen++;
    const style = getComputedStyle(e), svg = e instanceof SVGElement;
    const back = ground(svg ? e.closest("svg").parentElement : e);
    const front = over(parse(svg ? style.fill : style.color), back);
    const [x, y] = [lum(front), lum(back)].sort((p, q) => q - p);
    const ratio = (x + 0.05) / (y + 0.05), size = parseFloat(style.fontSize), bold = Number(style.fontWeight) >= 700;
    if (ratio < (size >= 24 || (bold && size >= 18.66) ? 3 : 4.5)) {
        const key = e.localName + "." + (e.getAttribute("class") || "") + " in ." + (e.parentElement.getAttribute("class") || "");
        if (!bad.has(key)) bad.set(key, ratio.toFixed(2) + " " + e.textContent.trim().slice(0, 20));
    }
}
return [seen, [...bad].map((p) => p.join(" "))];
"""


def structure(page):
    found = page.js(STRUCTURE)
    claim("headings, names, labels, ids and links are in order", not found, found[:8])
    tree = page.js(ONE_TREE, Path(page.url[len("file://"):]).read_text(encoding="utf-8"))
    claim("readers of HTML and of XML see the same tree", tree == "", tree)


def contrast(page, which):
    seen, bad = page.js(CONTRAST)
    claim("%s: all text has the contrast of WCAG AA (%d elements)" % (which, seen), seen > 100 and not bad, bad[:8])


# --- the click path -----------------------------------------------------------------------------


def speed(page, before):
    timing = page.js("const n = performance.getEntriesByType('navigation')[0]; return [n.domInteractive, n.loadEventEnd]")
    paint = page.js("const p = performance.getEntriesByName('first-contentful-paint')[0]; return p ? p.startTime : 0")
    size = os.path.getsize(page.url[len("file://"):])
    cases = page.js("return [...document.querySelectorAll('.numbers b')].reduce((n, b) => n + Number(b.textContent.replace(/,/g, '')), 0)")
    print("browser: %d combinations, %.1f MB: painted after %.0f ms, parsed %.0f ms, loaded %.0f ms; %.0f ms of work for the page, "
          "%d elements" % (cases, size / 1e6, paint, timing[0], timing[1], (page.work() - before) * 1000,
                           page.js("return document.querySelectorAll('*').length")))
    claim("opens within %d ms" % SLOW_MS, 0 < timing[1] < SLOW_MS, timing)
    return cases


def filters(page):
    whole = page.visible(".g")
    page.one("input[name=v][value=FAIL]").find_element(By.XPATH, "./..").click()
    page.one("input[name=l][value=MUST]").find_element(By.XPATH, "./..").click()
    page.wait("document.getElementById('f-found').textContent !== ''")
    left = page.js("return [...document.querySelectorAll('.g')].filter((e) => e.checkVisibility()).map((e) => e.dataset.v + e.dataset.l)")
    claim("FAIL and MUST leave failures of MUSTs alone", left and all(x == "FAILMUST" for x in left) and len(left) <= whole, left[:4])
    claim("the address holds the filter", "v=FAIL" in page.driver.current_url and "l=MUST" in page.driver.current_url,
          page.driver.current_url)
    claim("passes are out of sight", page.visible("#passed") == 0)
    link = page.driver.current_url
    page.press("c")
    claim("c clears", page.visible(".g") == whole and "v=" not in page.driver.current_url, page.driver.current_url)
    return link


def detail(page):
    page.js("document.querySelector('#must .g > summary').scrollIntoView({block: 'start'})")
    page.one("#must .g > summary").click()
    claim("a failure opens with its exchange, its packets and its command",
          page.wait("document.querySelector('#must .g[open] .combo > details[open] svg[role=img]') !== null") and
          page.visible("#must .g[open] pre") > 0 and "espy run" in page.one("#must .g[open]").text,
          page.one("#must .g").text[:200])
    claim("the rule stands there with a link to its RFC",
          page.js("return [...document.querySelectorAll('#must .g[open] .rules a')].every((a) => a.href.startsWith('https://www.rfc-editor.org/rfc/rfc'))"
                  " && document.querySelectorAll('#must .g[open] .rules a').length > 0"))
    key = page.js("return (document.querySelector('#must .g[open]').textContent.match(/-[EA] [a-z0-9-]+ 0x[0-9a-f]{16,}/) || [''])[0]")
    claim("no key is shown", key == "", key)
    page.one("#must .g[open] button.copy").click()
    claim("a button copies a command", page.wait("(document.querySelector('.flash') || {}).textContent === 'Copied'"),
          page.js("return (document.querySelector('.flash') || {}).textContent"))


def heat_map(page):
    cell = page.one("#coverage a.c-fail")
    target = cell.get_attribute("href").split("#")[1]
    page.js("arguments[0].scrollIntoView({block: 'center'})", cell)
    cell.click()
    claim("a cell of the map leads to its rules", page.wait("document.querySelector('.panel.at') !== null") and
          page.js("return document.querySelector('.panel.at').id") == target and page.visible(".panel") == 1, target)
    case = page.one(".panel.at .cases a.to-fail")
    where = case.get_attribute("href").split("#")[1]
    case.click()
    claim("and from there to the case", page.wait("document.getElementById(%s).open" % json.dumps(where)) and
          page.js("return document.activeElement.closest('.g').id") == where, where)
    page.driver.back()
    claim("back goes back", page.wait("document.querySelector('.panel.at') !== null"))
    page.press("c")


def search(page):
    word = page.js("return document.querySelector('#passed .r code').textContent")
    page.press("/")
    claim("/ goes to the search", page.js("return document.activeElement.id") == "f-text")
    page.press(word)
    claim("a word finds a case", page.wait("document.getElementById('f-found').textContent.endsWith('shown')") and
          page.visible("#passed .r") >= 1, page.one("#f-found").text)
    page.press(Keys.ESCAPE)
    page.press("c")
    value = page.js("return [...document.querySelectorAll('#f-param option')].map((o) => o.value).find((v) => v === 'family=ipv6') || "
                    "document.querySelector('#f-param option:nth-of-type(1)').value")
    page.js("const s = document.getElementById('f-param'); s.value = arguments[0]; s.dispatchEvent(new Event('change', {bubbles: true}))", value)
    wrong = page.js("return [...document.querySelectorAll('.combo')].filter((e) => !e.hidden && !e.closest('[hidden]') && "
                    "!e.dataset.p.split(';').includes(arguments[0])).length", value)
    lines = page.js("return [...document.querySelectorAll('.r:not([hidden]) pre')].flatMap((p) => p.textContent.split('\\n').slice(0, -1))"
                    ".filter((l) => !l.includes(arguments[0].split('=')[1])).length", value)
    claim("a parameter leaves the combinations that have it", wrong == 0 and lines == 0, (value, wrong, lines))
    page.press("c")
    page.js("document.activeElement.blur()")


def keyboard(page):
    page.js("scrollTo(0, 0)")
    page.press("j")
    first = page.js("return document.activeElement.parentElement.id")
    page.press("j")
    second = page.js("return document.activeElement.parentElement.id")
    page.press("k")
    claim("j and k go between what was not met", first and second and first != second and
          page.js("return document.activeElement.parentElement.id") == first, (first, second))
    page.press(Keys.ARROW_DOWN)
    claim("arrows do too", page.js("return document.activeElement.parentElement.id") == second)
    before = page.js("return document.activeElement.parentElement.open")
    page.press(Keys.ENTER)
    claim("Enter opens", page.js("return document.activeElement.parentElement.open") != before)
    page.press("?")
    claim("? tells the keys", page.visible("dialog[open]") == 1)
    page.press(Keys.ESCAPE)
    claim("Escape closes them", page.visible("dialog[open]") == 0)


def theme(page):
    before = page.js("return getComputedStyle(document.body).backgroundColor")
    page.js("scrollTo(0, 0)")
    page.one("#theme").click()
    after = page.js("return getComputedStyle(document.body).backgroundColor")
    claim("the button changes light and dark", before != after and page.one("#theme").get_attribute("aria-pressed") == "true", (before, after))
    contrast(page, "dark by the button")
    page.one("#theme").click()


def shared_link(report, link):
    with Page(report, 1600, 1200) as page:
        page.driver.get(link)
        page.driver.refresh()
        left = page.js("return [...document.querySelectorAll('.g')].filter((e) => e.checkVisibility()).map((e) => e.dataset.v + e.dataset.l)")
        claim("a link with filters opens filtered", left and all(x == "FAILMUST" for x in left), left[:4])


def paper(page, shots):
    page.js("dispatchEvent(new Event('beforeprint'))")
    claim("on paper what was not met is open", page.js("return [...document.querySelectorAll('.g')].every((e) => e.open)"))
    page.cdp("Emulation.setEmulatedMedia", media="print")
    claim("and the filters are gone", page.visible(".filters") == 0 and page.visible(".tools") == 0)
    page.shot(shots / "print.png")
    page.cdp("Emulation.setEmulatedMedia", media="")


def without_scripts(report, shots):
    """Only what Chromium itself tells: the page may run nothing."""
    with Page(report, 1000, 1100, scripts=False) as page:
        page.shot(shots / "1000-without-scripts.png")
        page.cdp("Page.navigate", url=page.url + "#" + first_cell(report))
        time.sleep(0.3)
        page.shot(shots / "1000-without-scripts-section.png")
        found = {}
        for css in (".g .combo pre", "noscript", ":root.scripts"):
            root = page.cdp("DOM.getDocument")["root"]["nodeId"]
            found[css] = len(page.cdp("DOM.querySelectorAll", nodeId=root, selector=css)["nodeIds"])
        panel = page.cdp("DOM.querySelector", nodeId=page.cdp("DOM.getDocument")["root"]["nodeId"], selector=".panel:target")["nodeId"]
        claim("without scripts every detail is part of the page", found[".g .combo pre"] > 0 and found[":root.scripts"] == 0, found)
        claim("and a cell shows its rules", panel != 0 and "model" in page.cdp("DOM.getBoxModel", nodeId=panel), panel)


def first_cell(report):
    text = Path(report).read_text(encoding="utf-8")
    at = text.index('<a class="cell c-fail')
    return text[at:].split('href="#', 1)[1].split('"', 1)[0]


def wide_enough(page, which):
    over = page.js("return document.documentElement.scrollWidth - innerWidth")
    claim("%s: nothing hangs over the side" % which, over <= 0, over)


def screens(report, shots):
    with Page(report, 1600, 1200) as page:
        for width, height in WIDTHS:
            for dark in (False, True):
                which = "%d-%s" % (width, "dark" if dark else "light")
                page.look(width, height, dark)
                page.driver.get("about:blank")
                page.driver.get(page.url)
                wide_enough(page, which)
                page.shot(shots / (which + ".png"))
                page.js("document.querySelector('#must .g').open = true; document.getElementById('must').scrollIntoView()")
                page.wait("document.querySelector('#must .g[open] .combo > details[open] svg[role=img]') !== null")
                wide_enough(page, which + " with a case open")
                contrast(page, which)
                page.shot(shots / (which + "-case.png"))
                page.js("document.querySelector('#must .g').open = false; document.querySelector('#coverage a.c-fail').click()")
                wide_enough(page, which + " with a section open")
                page.shot(shots / (which + "-section.png"))
                page.js("document.querySelector('.panel.at .shut').click(); document.querySelector('#passed .suite').open = true;"
                        "document.querySelector('#passed .r').open = true; document.getElementById('passed').scrollIntoView()")
                wide_enough(page, which + " with a suite open")
                page.shot(shots / (which + "-passed.png"))


def main(report, shots):
    with Page(report, 1600, 1200) as page:
        page.cdp("Performance.enable", timeDomain="threadTicks")
        before = page.work()
        page.driver.refresh()
        speed(page, before)
        structure(page)
        contrast(page, "light")
        link = filters(page)
        detail(page)
        heat_map(page)
        search(page)
        keyboard(page)
        theme(page)
        paper(page, shots)
        structure_found = page.js(STRUCTURE)
        claim("with all details open everything is still in order", not structure_found, structure_found[:8])
        complaints, requests = page.complaints(), page.requests()
        claim("the console has nothing to say", not complaints, complaints[:4])
        claim("nothing is fetched", not requests, requests[:4])
    shared_link(report, link)
    without_scripts(report, shots)
    screens(report, shots)
    print("browser: %d passed, %d failed" % (len(passed), len(failed)))
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    try:
        sys.exit(main(sys.argv[1], Path(sys.argv[2])))
    except WebDriverException as error:
        print("browser: %s" % str(error).splitlines()[0])
        sys.exit(77 if "binary" in str(error) or "driver" in str(error).lower()[:60] else 1)
