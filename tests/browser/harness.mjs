// What a browser test imports.

export { House, MAKER, MODEL, PATIENCE_MS, PRODUCT, openHouse, until } from './house.mjs';
export { Browser, Guest, openBrowser, sees } from './guest.mjs';
export { openMail } from './mail.mjs';
export { headersOf, openPreview } from './preview.mjs';
export { ROUTES, walk } from './walk.mjs';
