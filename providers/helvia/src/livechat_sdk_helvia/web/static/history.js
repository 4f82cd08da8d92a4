// The History: days are the reader's own, unless they name another zone.

for (const field of document.querySelectorAll("[data-zone]")) {
  if (!field.value) field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}
