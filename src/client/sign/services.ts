import { utf8Decode, type Clock, type Files } from '../../base/index.ts'
import {
  chooseService,
  parseSigningConfig,
  type ServiceGroup,
  type SigningServices,
} from '../../formats/sigstore/index.ts'
import { clientSignErrors } from './errors.ts'
import type { ServiceChoice } from './plan.ts'

const MAX_CONFIG_BYTES = 256 << 10

export interface ServiceUrls {
  readonly fulcio: string
  readonly rekor: string
  readonly tsa?: string
}

interface Ports {
  readonly files: Files
  readonly clock: Clock
}

/** Throws `client.sign-services`, `sigstore.signing-config`, `host.file`. */
export async function serviceUrls(choice: ServiceChoice, { files, clock }: Ports): Promise<ServiceUrls> {
  const config = await readConfig(choice.signingConfig, files)
  const nowSeconds = Math.floor(clock.nowMs() / 1000)
  // Chosen only where no address is given, which makes good for a service of the file that has ended.
  const chosen = (group: ServiceGroup | undefined, what: string): string | undefined =>
    group && chooseService(group, { what, majorApiVersion: 1, nowSeconds }).url
  const stamps = config?.timestamps.services.length === 0 ? undefined : config?.timestamps
  const tsa = choice.tsaUrl ?? chosen(stamps, 'timestamp authority (tsaUrls)')
  return {
    fulcio: needed('--fulcio-url', choice.fulcioUrl ?? chosen(config?.authorities, 'authority (caUrls)')),
    rekor: needed('--rekor-url', choice.rekorUrl ?? chosen(config?.logs, 'log (rekorTlogUrls)')),
    ...(tsa === undefined ? {} : { tsa }),
  }
}

async function readConfig(path: string | undefined, files: Files): Promise<SigningServices | undefined> {
  if (path === undefined) return undefined
  return parseSigningConfig(utf8Decode(await files.read(path, MAX_CONFIG_BYTES)))
}

function needed(flag: string, url: string | undefined): string {
  if (url !== undefined) return url
  throw clientSignErrors('client.sign-services', `neither ${flag} nor --signing-config is set`)
}
