/*
 * What scripts add to a page that works without them: filters, keys, copies, the choice of light or dark. Everything is read from the page
 * itself. The address holds the state: "#anchor?v=FAIL&l=MUST&s=suite&p=mode%3Dtunnel&q=text".
 */
"use strict";
(function () {
	const root = document.documentElement;
	const $ = (id) => document.getElementById(id);
	const all = (what, where) => Array.from((where || document).querySelectorAll(what));
	root.classList.add("scripts");

	/* --- light and dark ------------------------------------------------------------------ */

	const dark = matchMedia("(prefers-color-scheme: dark)");
	const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
	const keep = {
		get: () => { try { return localStorage.getItem("espy-theme"); } catch (e) { return null; } },
		set: (v) => { try { localStorage.setItem("espy-theme", v); } catch (e) { /* not every page may keep things */ } },
	};
	if (keep.get() === "dark" || keep.get() === "light")
		root.dataset.theme = keep.get();

	function showTheme() {
		$("theme").setAttribute("aria-pressed", String(isDark()));
	}

	function toggleTheme() {
		root.dataset.theme = isDark() ? "light" : "dark";
		keep.set(root.dataset.theme);
		showTheme();
	}

	/* --- copies -------------------------------------------------------------------------- */

	function flash(text) {
		const note = document.createElement("div");
		note.className = "flash";
		note.setAttribute("role", "status");
		note.textContent = text;
		document.body.append(note);
		setTimeout(() => note.remove(), 1500);
	}

	/* Pages opened as files may have no clipboard of the new kind. */
	function copyOld(text) {
		const area = document.createElement("textarea");
		area.value = text;
		area.style.position = "fixed";
		document.body.append(area);
		area.select();
		const ok = document.execCommand("copy");
		area.remove();
		return ok;
	}

	function copyFrom(button) {
		const source = $(button.dataset.copy);
		if (!source)
			return;
		const text = source.textContent.trim();
		const said = (ok) => flash(ok ? "Copied" : "This browser does not let pages copy");
		if (navigator.clipboard && window.isSecureContext)
			navigator.clipboard.writeText(text).then(() => said(true), () => said(copyOld(text)));
		else
			said(copyOld(text));
	}

	/* --- details ------------------------------------------------------------------------- */

	/* The detail of a case, the rules of a section: texts within <noscript> until they are opened. A page of thousands opens at once. */
	function unfold(el) {
		for (const kept of all(":scope > noscript", el)) {
			const made = document.createElement("template");
			made.innerHTML = kept.textContent;
			kept.replaceWith(made.content);
		}
	}

	function unfoldOpen(el) {
		if (el.matches(".combo > details"))
			unfold(el);
		for (const inner of all(".combo > details[open]", el))
			unfold(inner);
	}

	/* Browsers tell of what stands open from the start too; within a closed entry that can wait. */
	function onToggle(event) {
		const el = event.target, entry = el.closest(".g");
		if (el.open && entry && entry.open)
			unfoldOpen(el);
	}

	/* --- what there is to filter --------------------------------------------------------- */

	/* Of an entry: its words, once they are wanted; of each combination its parameters as "name=value". */
	let entries = null;

	function readLines(pre) {
		const names = pre.dataset.names.split("\t");
		return pre.textContent.split("\n").slice(0, -1).map((line) => ({
			line, has: new Set(line.split("\t").map((v, i) => names[i] + "=" + v)),
		}));
	}

	function readEntries() {
		if (entries)
			return;
		entries = all(".g, .r").map((el) => ({
			el, v: el.dataset.v, l: el.dataset.l, s: el.dataset.s, group: el.classList.contains("g"), words: null, combos: null,
		}));
	}

	function wordsOf(entry) {
		if (entry.words === null) {
			entry.words = entry.el.querySelector("summary").textContent.toLowerCase();
			if (entry.group)
				entry.words += " " + all(".rules, .where", entry.el).map((e) => e.textContent).join(" ").toLowerCase();
		}
		return entry.words;
	}

	function combosOf(entry) {
		if (entry.combos === null && entry.group)
			entry.combos = all(".combo", entry.el).map((el) => ({ el, has: new Set(el.dataset.p.split(";")) }));
		else if (entry.combos === null)
			entry.combos = all("pre", entry.el).flatMap((pre) => readLines(pre).map((c) => Object.assign(c, { pre })));
		return entry.combos;
	}

	/* --- the filter ---------------------------------------------------------------------- */

	const checked = (name) => all("#filters input[name=" + name + "]:checked").map((i) => i.value);

	function readForm() {
		return { v: checked("v"), l: checked("l"), s: $("f-suite").value, p: $("f-param").value, q: $("f-text").value.trim() };
	}

	function writeForm(f) {
		for (const name of ["v", "l"])
			for (const box of all("#filters input[name=" + name + "]"))
				box.checked = f[name].includes(box.value);
		$("f-suite").value = f.s;
		$("f-param").value = f.p;
		$("f-text").value = f.q;
		if ($("f-suite").selectedIndex === -1)
			$("f-suite").value = "";
		if ($("f-param").selectedIndex === -1)
			$("f-param").value = "";
	}

	const isEmpty = (f) => !f.v.length && !f.l.length && !f.s && !f.p && !f.q;

	function matches(entry, f, words) {
		return (!f.v.length || f.v.includes(entry.v)) && (!f.l.length || f.l.includes(entry.l)) && (!f.s || f.s === entry.s) &&
			words.every((w) => wordsOf(entry).includes(w)) && (!f.p || combosOf(entry).some((c) => c.has.has(f.p)));
	}

	/* Within an entry that stays, the combinations that the parameter leaves. */
	function narrow(entry, f) {
		if (!f.p && entry.combos === null)
			return;
		const combos = combosOf(entry);
		if (entry.group) {
			for (const c of combos)
				c.el.hidden = f.p !== "" && !c.has.has(f.p);
			return;
		}
		const left = combos.filter((c) => !f.p || c.has.has(f.p));
		for (const pre of new Set(combos.map((c) => c.pre)))
			pre.textContent = left.filter((c) => c.pre === pre).map((c) => c.line + "\n").join("");
		entry.el.querySelector("summary b").textContent = f.p ? left.length + "/" + combos.length : String(combos.length);
	}

	function hideEmpty() {
		for (const suite of all(".suite"))
			suite.hidden = !suite.querySelector(".r:not([hidden])");
		for (const part of all(".part:not(#coverage)")) {
			const none = !part.querySelector(".g:not([hidden]), .r:not([hidden])");
			part.classList.toggle("nothing", none);
			part.hidden = none && !!part.querySelector(".g, .r");
		}
	}

	function applyFilter(f) {
		const words = f.q.toLowerCase().split(/\s+/).filter(Boolean);
		const empty = isEmpty(f);
		let shown = 0, rows = 0;
		readEntries();
		for (const entry of entries) {
			const fits = empty || matches(entry, f, words);
			entry.el.hidden = !fits;
			if (!fits)
				continue;
			shown++;
			rows += entry.group ? 0 : 1;
			narrow(entry, f);
		}
		hideEmpty();
		$("coverage").hidden = !empty;
		/* Few enough to be seen at once are shown at once. */
		for (const suite of all(".suite"))
			suite.open = !empty && rows > 0 && rows <= 60 ? true : empty ? false : suite.open;
		$("f-found").textContent = empty ? "" : shown === 0 ? "Nothing fits" : shown + " shown";
		$("f-reset").hidden = empty;
		document.body.dataset.shown = String(shown);
	}

	/* --- the address --------------------------------------------------------------------- */

	function readAddress() {
		const text = location.hash.slice(1), cut = text.indexOf("?");
		const q = new URLSearchParams(cut < 0 ? "" : text.slice(cut + 1));
		const list = (name) => (q.get(name) || "").split(",").filter(Boolean);
		let anchor = cut < 0 ? text : text.slice(0, cut);
		try { anchor = decodeURIComponent(anchor); } catch (e) { /* as it is */ }
		return { anchor, f: { v: list("v"), l: list("l"), s: q.get("s") || "", p: q.get("p") || "", q: q.get("q") || "" } };
	}

	function address(anchor, f) {
		const q = new URLSearchParams();
		for (const name of ["v", "l"])
			if (f[name].length)
				q.set(name, f[name].join(","));
		for (const name of ["s", "p", "q"])
			if (f[name])
				q.set(name, f[name]);
		return "#" + encodeURIComponent(anchor) + (isEmpty(f) ? "" : "?" + q);
	}

	let at = "";

	function goTo(anchor, move) {
		for (const panel of all(".panel.at"))
			panel.classList.remove("at");
		at = anchor;
		root.classList.add("moved");
		const el = anchor && $(anchor);
		if (!el)
			return;
		if (el.classList.contains("panel")) {
			unfold(el);
			el.classList.add("at");
		}
		for (let up = el; up; up = up.parentElement) {
			if (up.tagName === "DETAILS" && up !== el)
				up.open = true;
			up.hidden = false;
		}
		if (el.tagName === "DETAILS")
			el.open = true;
		if (!move)
			return;
		el.scrollIntoView({ block: el.classList.contains("panel") && el.offsetHeight < innerHeight * 0.7 ? "center" : "start" });
		(el.matches("details") ? el.querySelector("summary") : el).focus({ preventScroll: true });
	}

	function fromAddress() {
		const state = readAddress();
		writeForm(state.f);
		applyFilter(state.f);
		goTo(state.anchor, true);
	}

	function fromForm() {
		const f = readForm();
		applyFilter(f);
		history.replaceState(null, "", address(isEmpty(f) ? at : "", f));
	}

	/* Links within the page keep the filters. A link to what the filter hides shows it all the same. */
	function follow(link) {
		const anchor = decodeURIComponent(link.getAttribute("href").slice(1));
		const f = readForm();
		if (link.dataset.suite) {
			f.s = link.dataset.suite;
			f.v = [];
			f.l = [];
			f.p = f.q = "";
			writeForm(f);
			applyFilter(f);
		} else if (!isEmpty(f) && (anchor === "coverage" || ($(anchor) && $(anchor).closest("#coverage, [hidden]")))) {
			writeForm({ v: [], l: [], s: "", p: "", q: "" });
			applyFilter(readForm());
		}
		history.pushState(null, "", address(anchor, readForm()));
		const to = link.dataset.suite ? document.querySelector(".part:not([hidden]) .g:not([hidden])") : null;
		goTo(to && to.id ? to.id : anchor, true);
	}

	/* --- keys ---------------------------------------------------------------------------- */

	function step(by) {
		const list = all(".g").filter((el) => !el.closest("[hidden]"));
		const now = list.findIndex((el) => el.contains(document.activeElement));
		let to = now + by;
		if (now < 0) {
			const below = list.findIndex((el) => el.getBoundingClientRect().top > 0);
			to = by > 0 ? Math.max(below, 0) : (below < 0 ? list.length : below) - 1;
		}
		const el = list[Math.min(Math.max(to, 0), list.length - 1)];
		if (!el)
			return;
		el.querySelector("summary").focus({ preventScroll: true });
		el.scrollIntoView({ block: "nearest" });
	}

	const keys = [
		["j", "next of what was not met", () => step(1)],
		["k", "the one before", () => step(-1)],
		["/", "search", () => { $("f-text").focus(); $("f-text").select(); }],
		["f", "only MUSTs that failed", () => { writeForm({ v: ["FAIL"], l: ["MUST"], s: "", p: "", q: "" }); fromForm(); }],
		["c", "clear filters and close a section", () => { writeForm({ v: [], l: [], s: "", p: "", q: "" }); at = ""; goTo("", false); fromForm(); }],
		["t", "light or dark", toggleTheme],
		["?", "this list", () => showHelp()],
	];

	function showHelp() {
		let box = $("keys");
		if (!box) {
			box = document.createElement("dialog");
			box.id = "keys";
			box.setAttribute("aria-labelledby", "keys-h");
			const title = document.createElement("h2"), list = document.createElement("dl"), shut = document.createElement("button");
			title.id = "keys-h";
			title.textContent = "Keys";
			for (const [key, what] of keys.concat([["Enter", "open or close what has the focus"], ["\u2191 \u2193", "from one to the next, as j and k"]])) {
				const dt = document.createElement("dt"), dd = document.createElement("dd"), kbd = document.createElement("kbd");
				kbd.textContent = key;
				dt.append(kbd);
				dd.textContent = what;
				list.append(dt, dd);
			}
			shut.textContent = "Close";
			shut.addEventListener("click", () => box.close());
			box.append(title, list, shut);
			document.body.append(box);
		}
		if (!box.open)
			box.showModal();
	}

	function onKey(event) {
		const el = event.target, typing = el.matches && el.matches("input:not([type=checkbox]), select, textarea");
		if (event.key === "Escape" && el.id === "f-text")
			el.blur();
		if (event.ctrlKey || event.metaKey || event.altKey || typing || ($("keys") && $("keys").open))
			return;
		const arrow = el.matches && el.matches(".g > summary") ? { ArrowDown: "j", ArrowUp: "k" }[event.key] : undefined;
		const row = keys.find((k) => k[0] === (arrow || event.key));
		if (!row)
			return;
		event.preventDefault();
		row[2]();
	}

	/* --- start --------------------------------------------------------------------------- */

	/* Paper cannot be opened: what was not met goes there whole. */
	function forPaper() {
		for (const el of all(".g, .g .combos:first-of-type > .combo:first-child > details")) {
			el.open = true;
			unfoldOpen(el);
		}
	}

	function onClick(event) {
		const el = event.target;
		const button = el.closest("[data-copy]"), link = el.closest("a[href^='#']");
		if (button)
			copyFrom(button);
		if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
			event.preventDefault();
			follow(link);
		}
	}

	document.addEventListener("DOMContentLoaded", () => {
		if (!$("filters"))
			return;
		let wait = 0;
		showTheme();
		dark.addEventListener("change", showTheme);
		if (innerWidth <= 1149)
			$("f-more").open = false;
		$("f-reset").hidden = true;
		$("theme").addEventListener("click", toggleTheme);
		$("help").addEventListener("click", showHelp);
		$("filters").addEventListener("submit", (e) => e.preventDefault());
		$("filters").addEventListener("change", fromForm);
		$("filters").addEventListener("reset", () => setTimeout(fromForm));
		$("f-text").addEventListener("input", () => {
			clearTimeout(wait);
			wait = setTimeout(fromForm, 120);
		});
		document.addEventListener("keydown", onKey);
		document.addEventListener("click", onClick);
		document.addEventListener("toggle", onToggle, true);
		addEventListener("popstate", fromAddress);
		addEventListener("beforeprint", forPaper);
		if (location.hash.length > 1)
			fromAddress();
	});
})();
