// A file of its own, because the page's content security policy allows no inline script.
window.addEventListener("load", () => {
  window.SwaggerUIBundle({
    url: "openapi/openapi.json",
    dom_id: "#swagger-ui",
    deepLinking: true,
    // Without this the page would ask an outside service to judge the document.
    validatorUrl: null,
  });
});
