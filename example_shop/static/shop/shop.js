// Small helps; every page works without them.
document.querySelectorAll("[data-submits], #id_sort_by").forEach((field) => {
  field.addEventListener("change", () => field.form.submit());
});

document.querySelectorAll(".gallery").forEach((gallery) => {
  const stage = gallery.querySelector(".gallery-stage");
  const first = stage.innerHTML;
  gallery.querySelectorAll(".gallery-thumbs a").forEach((link) => {
    link.addEventListener("click", (event) => {
      event.preventDefault();
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
