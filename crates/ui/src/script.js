// The console's behaviours, ordered by data attributes. Pages work without them; text is never evaluated.
(() => {
	"use strict";
	const all = (selector, root = document) => [...root.querySelectorAll(selector)];
	const one = (selector, root = document) => root.querySelector(selector);
	const id = (name) => document.getElementById(name);
	const named = (name, root) => all(`[name="${CSS.escape(name)}"]`, root);
	const on = (type, handler, capture) => document.addEventListener(type, handler, capture);
	const make = (tag, className, textContent) => Object.assign(document.createElement(tag), { className, textContent });
	const parse = (text) => new DOMParser().parseFromString(text, "text/html");

	const toast = (text, tone = "success") => {
		const box = make("p", `toast ${tone}`, text);
		id("toasts")?.append(box);
		setTimeout(() => box.remove(), 6000);
	};

	// 1. Swapping: fetch a page, take the element with the same id out of it, put it in place.
	let latest = 0;
	const swap = async (selector, url, options) => {
		const turn = ++latest, target = one(selector);
		target?.setAttribute("aria-busy", "true");
		try {
			const answer = await fetch(url, { ...options, headers: { accept: "text/html" } });
			const page = parse(await answer.text());
			if (turn !== latest) return;
			const fresh = one(selector, page);
			if (answer.redirected || !options) history.pushState(null, "", answer.url);
			if (!fresh || !target) {
				document.documentElement.replaceWith(page.documentElement);
				return start(document);
			}
			const focus = document.activeElement;
			const typed = target.contains(focus) && focus.id;
			target.replaceWith(fresh);
			start(fresh);
			const again = typed ? id(typed) : null;
			again?.focus();
			if (again?.type === "search") {
				again.value = focus.value;
				again.setSelectionRange(focus.selectionStart, focus.selectionStart);
			}
		} catch {
			toast("The server did not answer.", "danger");
			target?.removeAttribute("aria-busy");
		}
	};
	const swapForm = (form, submitter) => {
		const pairs = [...new FormData(form, submitter)];
		const action = submitter?.getAttribute("formaction") || form.getAttribute("action");
		if (form.method === "post") return swap(form.dataset.swap, action, { method: "POST", body: new URLSearchParams(pairs) });
		const query = new URLSearchParams(pairs.filter(([, value]) => value));
		swap(form.dataset.swap, query.size ? `${action}?${query}` : action);
	};
	addEventListener("popstate", () => location.reload());

	// 2. Live parts: told that something changed, they take themselves out of the page as it is now. Changes are told of at most once
	// a second, so what comes shortly after the first one is seen as well.
	let active = Date.now();
	for (const type of ["pointerdown", "keydown"]) on(type, () => (active = Date.now()), true);
	const busy = (part) => part.contains(document.activeElement) || one("[data-row]:checked,:popover-open", part);
	const soon = (part) => (part.dataset.soon ||= setTimeout(refresh, 1200, part));
	const refresh = async (part) => {
		delete part.dataset.soon;
		if (!part.isConnected) return part.source?.close();
		// Somebody who went away needs no news, and is not kept signed in by them.
		if (Date.now() - active > 9e5) return;
		if (busy(part)) return soon(part);
		try {
			const answer = await fetch(location, { headers: { accept: "text/html" } });
			const fresh = parse(await answer.text()).getElementById(part.id);
			if (!fresh || busy(part)) return;
			part.replaceChildren(...fresh.childNodes);
			start(part);
		} catch {}
	};
	// Browsers have few connections to spare: only what can be seen listens.
	const listen = (part) => {
		part.source?.close();
		if (document.hidden) return;
		part.source = new EventSource(part.dataset.live);
		part.source.onmessage = () => soon(part);
		// Nobody told of what happened before the connection was there.
		part.source.onopen = () => soon(part);
	};
	on("visibilitychange", () => {
		for (const part of all("[data-live]")) {
			listen(part);
			soon(part);
		}
	});

	// 3. Dialogs, and the question before a destructive submit.
	const ask = (by, answer) => {
		const typed = id("confirm-typed"), name = id("confirm-name"), yes = id("confirm-yes"), box = id("confirm");
		id("confirm-title").textContent = by.confirm;
		id("confirm-text").textContent = by.confirmText;
		yes.textContent = by.confirmButton;
		typed.hidden = !by.confirmType;
		one("code", typed).textContent = by.confirmType;
		name.value = "";
		name.oninput = () => (yes.disabled = !!by.confirmType && name.value !== by.confirmType);
		name.oninput();
		box.returnValue = "";
		box.onclose = () => box.returnValue && answer();
		box.showModal();
	};
	const agreed = new WeakSet(), changed = new Set();
	on("submit", (event) => {
		const form = event.target, submitter = event.submitter;
		const by = [submitter, form].find((element) => element?.dataset.confirm);
		if (by && !agreed.has(form)) {
			event.preventDefault();
			return ask(by.dataset, () => {
				agreed.add(form);
				form.requestSubmit(submitter);
			});
		}
		agreed.delete(form);
		changed.delete(form);
		if (form.dataset.swap) {
			event.preventDefault();
			swapForm(form, submitter);
		}
	});

	const nativeCommands = "commandForElement" in HTMLButtonElement.prototype;
	const clicks = {
		"[commandfor]": (button) => {
			const dialog = id(button.getAttribute("commandfor"));
			if (button.dataset.set) {
				const [name, value] = button.dataset.set.split("=");
				const [select] = named(name, dialog);
				select.value = value || [...select.options].find((option) => !option.disabled)?.value;
				select.dispatchEvent(new Event("change", { bubbles: true }));
			}
			if (!nativeCommands) button.getAttribute("command") === "close" ? dialog.close() : dialog.showModal();
		},
		"[data-copy]": (button) => navigator.clipboard
			? navigator.clipboard.writeText(button.dataset.copy).then(() => toast("Copied"), () => toast("Copying was refused.", "danger"))
			: toast("Copying needs HTTPS.", "danger"),
		"[data-reveal]": (button) => {
			const input = id(button.dataset.reveal);
			button.setAttribute("aria-pressed", input.type === "password");
			input.type = input.type === "password" ? "text" : "password";
		},
		"[data-add]": (button) => addToken(button.parentElement),
		"[data-remove]": (button) => {
			const list = button.closest("[data-tokens]");
			touch(list);
			if (list.children.length > 2) button.parentElement.remove();
			else one("input", list).value = "";
		},
		"[data-untick]": (button) => {
			const picker = button.closest("[data-picker]");
			for (const box of all(`[data-group="${CSS.escape(button.dataset.untick)}"] [data-tick]`, picker)) box.checked = false;
			touch(picker);
			mirror(picker);
		},
		"[role=tab]": (tab) => selectTab(tab),
	};
	on("click", (event) => {
		for (const selector in clicks) {
			const hit = event.target.closest(selector);
			if (hit) return clicks[selector](hit);
		}
		const link = event.target.closest("a[data-swap]");
		if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
			event.preventDefault();
			swap(link.dataset.swap, link.href);
		}
	});

	// 4. Tables and forms.
	const touch = (element) => {
		changed.add(element.closest("form[data-guard]"));
	};
	addEventListener("beforeunload", (event) => {
		for (const form of changed) if (form?.isConnected) event.preventDefault();
	});

	const addToken = (list) => {
		const last = all(".token-row", list).pop();
		if (!one("input", last).value) return one("input", last).focus();
		const row = last.cloneNode(true), input = one("input", row);
		input.value = "";
		input.ariaLabel = input.ariaLabel.replace(/\d+$/, list.children.length);
		last.after(row);
		input.focus();
	};

	// Boxes that stand for others: which ones.
	const heads = {
		"[data-all]": (head) => all("[data-row]", head.closest(".grid")),
		"[data-all-column]": (head) => all(`[data-column="${head.dataset.allColumn}"]`, head.closest("table")),
		"[data-all-row]": (head) => all("[data-column]", head.closest("tr")),
		"[data-all-ticks]": (head) => all("[data-tick]", head.closest("fieldset")),
	};
	const sumAll = () => {
		for (const selector in heads) for (const head of all(selector)) {
			const boxes = heads[selector](head), count = boxes.filter((box) => box.checked).length;
			head.checked = count && count === boxes.length;
			head.indeterminate = count && count < boxes.length;
			if (!head.form?.matches(".bulk")) continue;
			head.form.hidden = !count;
			head.form.parentElement.classList.toggle("selecting", count);
			one("[data-count]", head.form).textContent = count;
		}
	};

	const mirror = (picker) => {
		const [select] = named(picker.dataset.picker, picker);
		for (const row of all("[data-row]", picker)) {
			const key = CSS.escape(row.dataset.row);
			row.hidden = true;
			for (const line of all("[data-names]", row)) {
				const boxes = all(`[data-group="${key}"] [name="${line.dataset.names}"]:checked:enabled`, picker);
				line.hidden = !boxes.length;
				if (boxes.length) row.hidden = false;
				one(".chips", line).replaceChildren(...boxes.map((box) => make("span", "chip", box.value)));
			}
			one(`[value="${key}"]`, select).disabled = !row.hidden && select.value !== row.dataset.row;
		}
	};

	// What is hidden is not submitted, except the ticks of a picker's other groups.
	const showWhen = () => {
		for (const part of all("[data-show-when]")) {
			const [name, values] = part.dataset.showWhen.split("=");
			const now = named(name, part.closest("form") || document).filter((control) => control.checked || !/radio|checkbox/.test(control.type)).map((control) => control.value);
			part.hidden = !values.split("|").some((value) => now.includes(value));
			if (part.hidden && part.ariaSelected === "true") selectTab(one("[role=tab]:not([hidden])", part.parentElement));
			if (part.dataset.group) continue;
			const off = part.hidden || part.parentElement.closest("[data-show-when][hidden]:not([data-group])");
			for (const control of part.matches("fieldset") ? [part] : all("input,select,textarea", part)) {
				if (off ? !control.disabled : control.dataset.off) {
					control.disabled = !!off;
					control.dataset.off = off ? 1 : "";
				}
			}
		}
		all("[data-picker]").forEach(mirror);
		sumAll();
	};

	const selectTab = (tab) => {
		for (const other of all("[role=tab]", tab.parentElement)) {
			other.ariaSelected = other === tab;
			other.tabIndex = other === tab ? 0 : -1;
			id(other.getAttribute("aria-controls")).hidden = other !== tab;
		}
	};

	let wait;
	on("input", ({ target }) => {
		touch(target);
		if (target.dataset.filterList) {
			const text = target.value.toLowerCase();
			for (const item of all("li,.option", one(target.dataset.filterList))) item.hidden = !item.textContent.toLowerCase().includes(text);
		}
		const form = target.closest("form[data-auto]");
		clearTimeout(wait);
		if (form) wait = setTimeout(() => form.requestSubmit(), target.type === "search" ? 300 : 0);
	});
	on("change", async ({ target }) => {
		const into = id(target.dataset.fileInto);
		if (into && target.files[0]) {
			into.value = await target.files[0].text();
			into.dispatchEvent(new Event("input", { bubbles: true }));
		}
		for (const selector in heads) if (target.matches(selector)) for (const box of heads[selector](target)) box.checked = target.checked;
		showWhen();
	});
	on("reset", () => setTimeout(showWhen));
	on("keydown", (event) => {
		const { key, target } = event;
		if (key === "Enter" && target.matches(".token-row input")) {
			event.preventDefault();
			addToken(target.closest("[data-tokens]"));
		}
		const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 1, ArrowUp: -1 }[key];
		const list = target.closest("[role=tablist],.menu");
		if (!step || !list) return;
		event.preventDefault();
		const items = all("[role=tab]:not([hidden]),a,button", list).filter((item) => !item.hidden);
		const next = items.at((items.indexOf(target) + step) % items.length);
		next.focus();
		if (next.role === "tab") selectTab(next);
	});
	on("toggle", ({ target, newState }) => {
		if (newState === "open" && target.matches(".menu")) one("a,button", target)?.focus({ focusVisible: false });
	}, true);

	// 5. Times.
	const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
	const units = Object.entries({ year: 31536000, month: 2592000, week: 604800, day: 86400, hour: 3600, minute: 60, second: 0.001 });
	const times = () => {
		for (const time of all("time[datetime]")) {
			const then = Date.parse(time.dateTime);
			if (isNaN(then)) continue;
			const seconds = (then - Date.now()) / 1000;
			const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) || units[6];
			time.textContent = relative.format(Math.trunc(seconds / Math.max(size, 1)), unit);
			time.title = new Date(then).toLocaleString();
		}
	};
	setInterval(times, 30000);

	// Sets up a page or a swapped fragment.
	const start = (root) => {
		for (const strip of all(".tablist", root)) {
			strip.role = "tablist";
			for (const tab of strip.children) {
				const panel = id(tab.getAttribute("aria-controls"));
				panel.role = "tabpanel";
				panel.setAttribute("aria-labelledby", tab.id);
			}
			selectTab(one("[aria-selected=true]", strip));
		}
		for (const dialog of all("dialog[data-open]", root)) {
			dialog.close();
			dialog.showModal();
		}
		all("[data-live]", root).forEach(listen);
		showWhen();
		one(".error-summary", root)?.focus();
		times();
	};
	start(document);
})();
