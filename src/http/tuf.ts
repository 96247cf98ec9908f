import { Hono, type Context } from 'hono'
import { sha256Hex } from '../base/index.ts'
import type { TufRepository } from '../trust/tuf/index.ts'
import { anyone, routesOn, type Bindings } from './route.ts'

/** The names change with the bytes; not for ever, since a data directory may be made anew under its URL. */
const VERSIONED = 'public, max-age=3600'
const VERSIONED_PATH = /^(?:[0-9]+\.|targets\/)/
const MUTABLE = 'no-cache'

/** The TUF repository below `/tuf`, public. Whatever is not in it is 404: clients stop there when they look for a newer root. */
export function tufRoutes(repository: TufRepository): Hono<Bindings> {
  const app = new Hono<Bindings>()
  const route = routesOn(app)
  route.get('/tuf/:file', anyone, (context) => serve(context, repository, context.req.param('file')))
  route.get('/tuf/targets/:file', anyone, (context) =>
    serve(context, repository, `targets/${context.req.param('file')}`),
  )
  return app
}

async function serve(context: Context, repository: TufRepository, path: string): Promise<Response> {
  const bytes = await repository.read(path)
  if (bytes === undefined) {
    // The next root may be there a moment later.
    context.header('Cache-Control', 'no-store')
    return context.notFound()
  }
  const etag = `"${sha256Hex(bytes)}"`
  const headers = {
    'Content-Type': path.endsWith('.json') ? 'application/json' : 'application/x-pem-file',
    'Cache-Control': VERSIONED_PATH.test(path) ? VERSIONED : MUTABLE,
    ETag: etag,
  }
  if (context.req.header('if-none-match') === etag) return context.body(null, 304, headers)
  return context.body(Uint8Array.from(bytes), 200, headers)
}
