import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { accessErrors } from '../access/index.ts'
import { silentLog } from '../host/index.ts'
import { createApp } from './app.ts'
import { failures } from './failures.ts'
import { adminSocket, anyone, declaredRoutes, routesOn, type Bindings, type Right } from './route.ts'

const found: Right<number> = { name: 'job token', admit: async () => 7 }
const refused: Right<number> = {
  name: 'job token',
  admit: async () => {
    throw accessErrors('access.forbidden', 'not you')
  },
}

function appWith(fill: (app: Hono<Bindings>) => void): Hono<Bindings> {
  const app = new Hono<Bindings>()
  app.onError(failures(silentLog))
  fill(app)
  return app
}

describe('a route', () => {
  it('gets what the check of its right found', async () => {
    const app = appWith((inner) =>
      routesOn(inner).get('/:name', found, (context, value) =>
        context.text(`${context.req.param('name')} ${value}`),
      ),
    )
    expect(await (await app.request('/x')).text()).toBe('x 7')
    expect((await app.request('/x', { method: 'HEAD' })).status).toBe(200)
  })

  it.each(['get', 'post', 'put', 'patch'] as const)(
    'of %s does nothing for who is refused',
    async (method) => {
      let handled = 0
      const app = appWith((inner) =>
        routesOn(inner)[method]('/', refused, (context) => {
          handled += 1
          return context.text('')
        }),
      )
      const body = method === 'get' ? {} : { body: 'x' }
      const request = new Request('http://server/', { method: method.toUpperCase(), ...body })
      expect((await app.request(request)).status).toBe(403)
      expect([handled, request.bodyUsed]).toEqual([0, false])
      for (const other of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])
        if (other !== method.toUpperCase())
          expect((await app.request('/', { method: other })).status, other).toBe(404)
    },
  )
})

/** Ways past `routesOn` by which a route may come into an app. */
const UNDECLARED: Readonly<Record<string, (app: Hono<Bindings>) => unknown>> = {
  get: (app) => app.get('/x', (context) => context.text('')),
  delete: (app) => app.delete('/x', (context) => context.text('')),
  all: (app) => app.all('/x', (context) => context.text('')),
  'all of everything': (app) => app.all('*', (context) => context.text('')),
  'use of a path': (app) => app.use('/x', async (_context, next) => next()),
  on: (app) => app.on('PURGE', '/x', (context) => context.text('')),
  mount: (app) => app.mount('/x', () => new Response('')),
  route: (app) =>
    app.route(
      '/x',
      appWith((inner) => inner.get('/', (context) => context.text(''))),
    ),
}

describe('the list of routes', () => {
  it('has each with its right, also of apps inside of apps that have error handlers', () => {
    const inner = appWith((app) => routesOn(app).post('/a', found, (context) => context.text('')))
    const app = appWith((outer) => {
      outer.use(async (_context, next) => next())
      outer.route('/', inner)
      routesOn(outer).get('/b', anyone, (context) => context.text(''))
    })
    expect(declaredRoutes(new Hono<Bindings>().route('/', app))).toEqual([
      { method: 'POST', path: '/a', right: 'job token' },
      { method: 'GET', path: '/b', right: 'anyone' },
    ])
  })

  it.each(Object.entries(UNDECLARED))('has what came by %s, as undeclared', (_name, add) => {
    const routes = declaredRoutes(appWith((app) => void add(app)))
    expect(new Set(routes.map(({ right }) => right))).toEqual(new Set([undefined]))
  })
})

describe('the app of the port', () => {
  const serve = (app: Hono<Bindings>) => () => createApp({ hosts: [], log: silentLog, routes: [app] })

  it.each(Object.entries(UNDECLARED))('does not begin with what came by %s', (_name, add) => {
    expect(serve(appWith((app) => void add(app)))).toThrow('declares no right')
  })

  it('does not begin with a route of the admin socket', () => {
    const app = appWith((inner) =>
      routesOn(inner).get('/admin/x', adminSocket, (context) => context.text('')),
    )
    expect(serve(app)).toThrow('GET /admin/x belongs on the admin socket only')
  })
})
