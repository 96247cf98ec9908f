import { loadTrust } from '../../client/verify/index.ts'
import { describeError, utf8Decode } from '../../base/index.ts'
import { trustRootFromPem, type TrustRoot } from '../../verify/index.ts'
import { authorityFrom } from './chains.ts'
import { cosignErrors } from './errors.ts'
import { textOf, type Arguments } from './flag-values.ts'
import type { CosignIo } from './io.ts'
import { chosenRepository, stateFolder } from './repository.ts'
import { tell } from './tell.ts'

const MAX_PEM_BYTES = 256 << 10
const VARIABLES = [
  'SIGSTORE_ROOT_FILE',
  'SIGSTORE_REKOR_PUBLIC_KEY',
  'SIGSTORE_CT_LOG_PUBLIC_KEY_FILE',
] as const
/** Of cosign 3, which needs it as little as we do. */
const TIMESTAMP_VARIABLE = 'SIGSTORE_TSA_CERTIFICATE_FILE'

interface Found {
  readonly trustRoot: TrustRoot
  /** In words. */
  readonly from: string
}

/**
 * What everything is verified by, and says on standard error where that came from: `--trusted-root`, else the three
 * variables of cosign 2 and, beside them, that of a timestamp authority, else the repository of `initialize`, else public Sigstore. `--certificate-chain` takes the
 * place of the authority, as in cosign. Throws `cosign.trust-root`, `cosign.certificate`, `verify.trust-root`,
 * `client.verify-trusted-root`.
 */
export async function readTrust(given: Arguments, io: CosignIo): Promise<TrustRoot> {
  const path = textOf(given, 'certificate-chain')
  const chain =
    path === undefined ? undefined : await readPem('cosign.certificate', '--certificate-chain', { path, io })
  const { trustRoot, from } = await findTrust(given, chain, io)
  tell(
    io,
    `Trust root: ${from}${chain === undefined ? '' : ', certificate authority from --certificate-chain'}`,
  )
  return chain === undefined ? trustRoot : { ...trustRoot, certificateAuthorities: [authorityFrom(chain)] }
}

async function findTrust(given: Arguments, chain: string | undefined, io: CosignIo): Promise<Found> {
  const path = textOf(given, 'trusted-root')
  if (path !== undefined) {
    const { trustRoot } = await loadTrust({ trust: { kind: 'file', path }, network: 'allowed' }, io)
    return { trustRoot, from: path }
  }
  if (VARIABLES.some((name) => isSet(name, io))) return fromVariables(chain, io)
  return fromRepository(io)
}

/** Also with --offline, as in cosign: a repository that has run out must not go on being believed. */
async function fromRepository(io: CosignIo): Promise<Found> {
  const { trust, from } = await chosenRepository(io)
  const cacheFolder = trust.kind === 'public' ? io.cacheFolder : stateFolder(io)
  const how = { trust, network: 'allowed' } as const
  try {
    const { trustRoot } = await loadTrust(how, { ...io, cacheFolder })
    return { trustRoot, from }
  } catch (cause) {
    throw cosignErrors('cosign.trust-root', `${from}: ${describeError(cause)}`, { cause })
  }
}

/** All or none: half of a private root and half of a public one is never meant. */
async function fromVariables(chain: string | undefined, io: CosignIo): Promise<Found> {
  const [root, rekor, ct] = VARIABLES
  const [certificates, rekorKey, ctKey] = await Promise.all([
    chain === undefined ? readNamed(root, io) : Promise.resolve(chain),
    readNamed(rekor, io),
    readNamed(ct, io),
  ])
  const stamps = isSet(TIMESTAMP_VARIABLE, io)
    ? { timestampChain: await readNamed(TIMESTAMP_VARIABLE, io) }
    : {}
  const trustRoot = trustRootFromPem({ certificates, rekorKey, ctKey, ...stamps })
  const known = chain === undefined ? VARIABLES : ([rekor, ct] as const)
  const named = [...known, ...(isSet(TIMESTAMP_VARIABLE, io) ? [TIMESTAMP_VARIABLE] : [])]
  return { trustRoot, from: named.map((name) => `${name}=${io.env[name]}`).join(' ') }
}

function isSet(name: string, { env }: CosignIo): boolean {
  return env[name] !== undefined && env[name] !== ''
}

function readNamed(name: string, io: CosignIo): Promise<string> {
  if (!isSet(name, io))
    throw cosignErrors('cosign.trust-root', `${name} is not set, it must be a PEM file of the trust root`)
  return readPem('cosign.trust-root', name, { path: io.env[name] ?? '', io })
}

async function readPem(
  code: 'cosign.trust-root' | 'cosign.certificate',
  what: string,
  { path, io }: { readonly path: string; readonly io: CosignIo },
): Promise<string> {
  try {
    return utf8Decode(await io.files.read(path, MAX_PEM_BYTES))
  } catch (cause) {
    throw cosignErrors(code, `${what}: ${describeError(cause)}`, { cause })
  }
}
