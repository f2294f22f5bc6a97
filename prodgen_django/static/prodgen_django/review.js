/* The review gallery's keys, in-place decisions and the comparing view. Without this file every button is a form. */
(() => {
  "use strict";
  const form = document.getElementById("pg-gallery");
  const box = document.getElementById("pg-lightbox");
  const keys = document.getElementById("pg-keys");
  if (!form) return;
  document.documentElement.classList.add("pg-scripted");
  const cards = () => [...form.querySelectorAll(".pg-candidate")];
  let current = null;

  // -- which picture the keys speak to
  const choose = (card, focus = true) => {
    current = card;
    if (!card) return;
    if (box.open) { fill(card); return; }
    if (focus) { card.focus({ preventScroll: true }); card.scrollIntoView({ block: "nearest" }); }
  };
  const move = (step) => {
    const all = cards();
    const at = all.indexOf(current);
    choose(all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + step))]);
  };
  const moveGroup = (step) => {
    const groups = [...form.querySelectorAll(".pg-group")];
    const at = groups.indexOf(current?.closest(".pg-group"));
    const group = groups[Math.max(0, Math.min(groups.length - 1, at < 0 ? 0 : at + step))];
    choose(group?.querySelector(".pg-candidate"));
  };
  form.addEventListener("focusin", (event) => {
    const card = event.target.closest(".pg-candidate");
    if (card) current = card;
  });

  // -- a decision, in place
  const count = (state, by) => {
    const badge = document.querySelector(`[data-count="${state}"]`);
    if (badge) badge.textContent = Math.max(0, Number(badge.textContent) + by);
  };
  const decide = async (card, action) => {
    if (!card || card.dataset.busy) return;
    const offered = card.querySelector(`.pg-actions [value="${action}"]`);
    if (!offered) return;
    card.dataset.busy = "1";
    const body = new FormData();
    body.set("action", action);
    body.set("csrfmiddlewaretoken", form.querySelector("[name=csrfmiddlewaretoken]").value);
    try {
      const reply = await fetch(card.dataset.action, { method: "POST", body, headers: { Accept: "application/json" } });
      const answer = await reply.json();
      const before = card.dataset.state;
      const chosen = card.querySelector(".pg-pick input")?.checked;
      const shell = document.createElement("template");
      shell.innerHTML = answer.html.trim();
      const fresh = shell.content.firstElementChild;
      const focused = card.contains(document.activeElement);
      card.replaceWith(fresh);
      if (chosen) fresh.querySelector(".pg-pick input").checked = true;
      if (before !== answer.state) { count(before, -1); count(answer.state, 1); }
      const message = fresh.querySelector(".pg-message");
      message.textContent = answer.ok ? "" : answer.message;
      current = fresh;
      if (box.open) { fill(fresh); document.getElementById("pg-lightbox-message").textContent = answer.ok ? "" : answer.message; }
      else if (focused || !document.activeElement || document.activeElement === document.body) fresh.focus({ preventScroll: true });
      // After approving or rejecting one goes on to the next; after publishing or undoing one wants to see it.
      if (answer.ok && (action === "approve" || action === "reject")) move(1);
    } catch {
      delete card.dataset.busy;
      offered.form?.requestSubmit?.(offered);
    }
  };

  form.addEventListener("click", (event) => {
    const zoom = event.target.closest(".pg-zoom");
    if (zoom && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      open(zoom.closest(".pg-candidate"));
      return;
    }
    const button = event.target.closest(".pg-actions button");
    if (button) { event.preventDefault(); decide(button.closest(".pg-candidate"), button.value); }
  });

  // -- choosing several
  const all = document.getElementById("pg-all");
  const told = document.getElementById("pg-chosen");
  const picks = () => [...form.querySelectorAll(".pg-pick input")];
  const tell = () => {
    if (!told) return;
    const some = picks().filter((pick) => pick.checked).length;
    told.textContent = some ? told.dataset.some.replace("{n}", some) : told.dataset.none;
    if (all) { all.checked = some > 0 && some === picks().length; all.indeterminate = some > 0 && !all.checked; }
  };
  all?.addEventListener("change", () => { picks().forEach((pick) => { pick.checked = all.checked; }); tell(); });
  form.addEventListener("change", (event) => { if (event.target.closest(".pg-pick")) tell(); });
  tell();

  // -- comparing
  const stage = document.getElementById("pg-stage");
  const view = (name) => {
    stage.dataset.view = name;
    for (const button of box.querySelectorAll("[data-view][aria-pressed]")) button.setAttribute("aria-pressed", String(button.dataset.view === name));
  };
  const zoom = (on) => {
    stage.classList.toggle("pg-zoomed", on);
    box.querySelector("[data-zoom]").setAttribute("aria-pressed", String(on));
  };
  const fill = (card) => {
    document.getElementById("pg-lightbox-title").textContent = card.dataset.title;
    document.getElementById("pg-lightbox-message").textContent = "";
    const state = document.getElementById("pg-lightbox-state");
    state.replaceChildren(card.querySelector(".pg-candidate-picture .pg-badge").cloneNode(true));
    const original = document.getElementById("pg-stage-original");
    document.getElementById("pg-stage-candidate").src = card.dataset.url;
    if (card.dataset.original) original.src = card.dataset.original;
    else original.removeAttribute("src");
    if (!card.dataset.original) view("one");
    const actions = document.getElementById("pg-lightbox-actions");
    actions.replaceChildren(...[...card.querySelectorAll(".pg-actions button")].map((button) => {
      const copy = button.cloneNode(true);
      copy.type = "button";
      copy.addEventListener("click", () => decide(current, copy.value));
      return copy;
    }));
  };
  const open = (card) => {
    if (!card) return;
    current = card;
    zoom(false);
    fill(card);
    if (!box.open) box.showModal();
    stage.focus();
  };
  box.addEventListener("close", () => { if (current) choose(current); });
  box.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.view) view(button.dataset.view);
    else if (button && "zoom" in button.dataset) zoom(!stage.classList.contains("pg-zoomed"));
    else if (button && "close" in button.dataset) box.close();
    else if (event.target.closest(".pg-pane img")) zoom(!stage.classList.contains("pg-zoomed"));
  });
  stage.addEventListener("pointermove", (event) => {
    const pane = event.target.closest(".pg-pane") || stage;
    const area = pane.getBoundingClientRect();
    stage.style.setProperty("--pg-x", `${(100 * (event.clientX - area.left)) / area.width}%`);
    stage.style.setProperty("--pg-y", `${(100 * (event.clientY - area.top)) / area.height}%`);
  });
  document.getElementById("pg-slider").addEventListener("input", (event) => {
    stage.style.setProperty("--pg-cut", `${event.target.value}%`);
  });

  // -- keys
  document.getElementById("pg-help-button")?.addEventListener("click", () => keys.showModal());
  const typing = (element) => element.closest?.("input:not([type=checkbox], [type=range]), textarea, select, [contenteditable]");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || keys.open) return;
    const onSlider = event.target.id === "pg-slider";
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const act = {
      ArrowRight: () => move(1),
      ArrowLeft: () => move(-1),
      ArrowDown: () => moveGroup(1),
      ArrowUp: () => moveGroup(-1),
      a: () => decide(current, "approve"),
      r: () => decide(current, "reject"),
      p: () => decide(current, "publish"),
      u: () => decide(current, "undo"),
      x: () => { const pick = current?.querySelector(".pg-pick input"); if (pick) { pick.checked = !pick.checked; tell(); } },
      z: () => { if (box.open) zoom(!stage.classList.contains("pg-zoomed")); else open(current); },
      Enter: () => { if (event.target === current || event.target === document.body) open(current || cards()[0]); },
      "?": () => keys.showModal(),
    }[key];
    if (!act || (onSlider && key.startsWith("Arrow"))) return;
    if (key === "Enter" && event.target !== current && event.target !== document.body) return;
    event.preventDefault();
    act();
  });

  const target = document.getElementById(location.hash.slice(1));
  if (target?.matches(".pg-candidate")) choose(target);
  else current = cards()[0] || null;
})();
