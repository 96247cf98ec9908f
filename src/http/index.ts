/**
 * The edge: one server for all services, its limits, who is asking, and how a failure looks on the wire.
 *
 * Each service has a routes file (`rekor.ts`, `pypi.ts`, …) which returns a small Hono app and maps requests to calls
 * of its service; `app/` mounts them in one app and listens. A routes file sets `onError(failures(log, render))` so
 * that its failures have the shape that its clients expect. Nothing here decides what is allowed or stored.
 */
export { createApp, type AppParts } from './app.ts'
export { listen, type Listening, type ListenOptions } from './server.ts'
