// Small helps; every page works without them.
document.querySelectorAll("[data-submits], #id_sort_by").forEach((field) => {
  field.addEventListener("change", () => field.form.submit());
});

document.querySelectorAll(".gallery").forEach((gallery) => {
  const stage = gallery.querySelector(".gallery-stage");
  let first = "";
  gallery.querySelectorAll(".gallery-thumbs a").forEach((link) => {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      // Kept when it is left, and not before: the visitor's own picture may have come after the page.
      if (!first) first = stage.innerHTML;
      if (link.hasAttribute("data-first")) {
        stage.innerHTML = first;
      } else {
        const image = new Image();
        image.src = link.href;
        image.alt = link.dataset.alt;
        stage.replaceChildren(image);
      }
      gallery.querySelectorAll(".gallery-thumbs a").forEach((other) => other.removeAttribute("aria-current"));
      link.setAttribute("aria-current", "true");
    });
  });
});
