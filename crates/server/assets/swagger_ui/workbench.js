// Starts Swagger UI with what the scripts before this one have put into `workbenchPlugins`.
"use strict";

window.ui = window.SwaggerUIBundle({
  dom_id: "#swagger-ui",
  // Relative, so that it works behind a proxy that puts a prefix before all paths.
  url: "../openapi.json",
  presets: [window.SwaggerUIBundle.presets.apis],
  plugins: window.workbenchPlugins,
  layout: "BaseLayout",
  deepLinking: true,
  filter: true,
  docExpansion: "none",
  tryItOutEnabled: true,
  persistAuthorization: true,
  displayRequestDuration: true,
  displayOperationId: true,
  validatorUrl: "none",
});
