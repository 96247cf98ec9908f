/**
 * Pages for people: HTML that the server writes, without a script.
 *
 * `webRoutes` has the front page, `/GROUP/PROJECT` with the packages of a project, their files, what is known of their
 * seals, and the lines to install and to verify; and the login that private projects ask for. What a page shows is read
 * in bounded parts (`project-view.ts`); what a seal is worth is asked of `registry`, and judged by nobody here. All text
 * goes through `markup`, which escapes it. A project that may not be read looks as one that does not exist.
 *
 * Gates have pages too: `gatePages` says why a release is refused, in place of the JSON that programs get; `gateWebRoutes`
 * has their front pages. A server of gates alone adds `gateHomeRoutes`.
 *
 * A session is a token with an end, in memory: the token is looked up again with each request.
 */
export { webRoutes, type WebParts } from './routes.ts'
export { gatePages } from './gate-pages.ts'
export { gateHomeRoutes, gateWebRoutes } from './gate-routes.ts'
