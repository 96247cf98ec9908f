import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemSpawn } from '../../host/index.ts'
import { createPlainExecutor, openJobProxy, type Executor, type JobNetwork } from '../../runner/index.ts'
import type { ExecutorParts } from './executor-parts.ts'
import { SHIMS } from './shims.ts'

const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/cert.pem',
]
const NAMING_BUNDLES = [
  'SSL_CERT_FILE',
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
  'PIP_CERT',
  'GIT_SSL_CAINFO',
  'NODE_EXTRA_CA_CERTS',
]
const PROGRAM = 0o755

/**
 * The plain executor with the network of a rehearsal by proxy variables, and programs before the machine's own that keep
 * the usual lines of a pipeline (apt-get, sudo, mv to /usr/local/bin) from changing the machine. It isolates nothing:
 * what ignores these variables reaches the internet, and other lines change what this user may change.
 */
export function plainFor(parts: ExecutorParts): Executor {
  const plainWith = (path: readonly string[]): Executor =>
    createPlainExecutor({ spawn: systemSpawn, host: parts.env, work: join(parts.scratch, 'work'), path })
  const any = plainWith([])
  return {
    name: any.name,
    isolation: `${any.isolation}; stand-ins are reached by proxy variables, and a program that ignores them reaches the internet`,
    secrets: () => any.secrets(),
    open: async (job) => {
      const own = join(parts.scratch, `plain-${job.id}`)
      const [shims, bin] = [join(own, 'shims'), join(own, 'bin')]
      for (const folder of [shims, bin]) await mkdir(folder, { recursive: true, mode: 0o700 })
      const place = await plainWith([shims, bin, ...parts.path]).open(job)
      const closers = [() => rm(own, { recursive: true, force: true }), () => place.close()]
      return {
        folders: place.folders,
        prepare: async (order) => {
          const network = await parts.network(job, order.log)
          closers.push(() => network.close())
          const proxy = await openJobProxy(network)
          closers.push(() => proxy.close())
          const variables = await writeFolder(
            { own, shims, bin },
            { network, port: proxy.port, env: parts.env },
          )
          const environment = await place.prepare(order)
          return {
            ...environment,
            run: (script) =>
              environment.run({ ...script, variables: new Map([...variables, ...script.variables]) }),
          }
        },
        close: async () => {
          for (const close of closers.splice(0).toReversed()) await close()
        },
      }
    },
  }
}

interface Folders {
  readonly own: string
  readonly shims: string
  readonly bin: string
}

interface Reach {
  readonly network: JobNetwork
  readonly port: number
  readonly env: Readonly<Record<string, string>>
}

/** Gives the variables by which programs find the proxy, the authority and where to put programs. */
async function writeFolder({ own, shims, bin }: Folders, reach: Reach): Promise<ReadonlyMap<string, string>> {
  const bundle = join(own, 'authorities.pem')
  await writeFile(bundle, `${await hostBundle(reach.env)}\n${reach.network.authorities}`)
  const wgetrc = join(own, 'wgetrc')
  await writeFile(wgetrc, `ca_certificate = ${bundle}\n`)
  for (const [name, text] of Object.entries(SHIMS))
    await writeFile(join(shims, name), text, { mode: PROGRAM })
  const proxy = `http://127.0.0.1:${reach.port}`
  const here = '127.0.0.1,localhost'
  const proxies = { http_proxy: proxy, https_proxy: proxy, all_proxy: proxy, no_proxy: here }
  const upper = Object.entries(proxies).map(([name, value]) => [name.toUpperCase(), value] as const)
  const bundles = NAMING_BUNDLES.map((name) => [name, bundle] as const)
  const others = { WGETRC: wgetrc, WHEELSEAL_JOB_BIN: bin, WHEELSEAL_SHIMS: shims, NODE_USE_ENV_PROXY: '1' }
  return new Map([...Object.entries({ ...proxies, ...others }), ...upper, ...bundles])
}

async function hostBundle(env: Reach['env']): Promise<string> {
  const named = env['SSL_CERT_FILE']
  for (const path of [...(named === undefined ? [] : [named]), ...BUNDLES]) {
    const text = await readFile(path, 'utf8').catch(() => '')
    if (text !== '') return text
  }
  return ''
}
