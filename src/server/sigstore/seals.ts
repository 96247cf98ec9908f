import type { Access, Project } from '../../access/index.ts'
import { describeError, sha256Hex, utf8Decode, type Clock, type Files, type Http } from '../../base/index.ts'
import type { ConfiguredRoot, SealContext } from '../../registry/index.ts'
import { trustRootFromJson } from '../../verify/index.ts'
import type { IssuerConfiguration } from '../configuration/configuration.ts'
import { serverErrors } from '../errors.ts'
import { ownLogEntries, remoteLogEntries } from './log-entries.ts'
import type { PrivateSigstore } from './sigstore.ts'

/** A trust root of the configuration. */
export interface SealRoot extends ConfiguredRoot {
  /** Of the file. */
  readonly sha256: string
}

/** By what seals are judged here, beside the server's own authority and log. */
export interface SealSettings {
  readonly roots: readonly SealRoot[]
  /** Issuers that the configuration accepts for this project by its path; for whole groups, and for all, it says nothing. */
  readonly issuersOf: (project: Pick<Project, 'path'>) => readonly string[]
}

export const NO_SEAL_SETTINGS: SealSettings = { roots: [], issuersOf: () => [] }

interface Judging {
  readonly url: string
  readonly trust: PrivateSigstore
  readonly access: Pick<Access, 'findProject'>
  readonly settings: SealSettings
}

export function sealServices({
  url,
  trust,
  access,
  settings,
}: Judging): Pick<SealContext, 'issuer' | 'issuersOf' | 'roots' | 'rootsSha256' | 'projectOf'> {
  const own = trust.material.trustedRoot
  const digests = [sha256Hex(own), ...settings.roots.map(({ sha256 }) => sha256)]
  return {
    issuer: url,
    issuersOf: settings.issuersOf,
    roots: [
      { trustRoot: trustRootFromJson(own), logEntries: ownLogEntries(trust.rekor, url) },
      ...settings.roots,
    ],
    rootsSha256: sha256Hex(digests.join(' ')),
    projectOf: (id) => access.findProject(id),
  }
}

export function issuersByProject(issuers: readonly IssuerConfiguration[]): SealSettings['issuersOf'] {
  return ({ path }) => issuers.flatMap(({ url, projects = [] }) => (projects.includes(path) ? [url] : []))
}

const MAX_TRUST_ROOT_BYTES = 4 << 20

/** Files `trusted_root.json`. Throws `server.configuration`. */
export async function readSealRoots(
  paths: readonly string[],
  { files, ...ports }: { readonly files: Files; readonly http: Http; readonly clock: Clock },
): Promise<readonly SealRoot[]> {
  const roots: SealRoot[] = []
  for (const path of paths) {
    try {
      const bytes = await files.read(path, MAX_TRUST_ROOT_BYTES)
      const trustRoot = trustRootFromJson(utf8Decode(bytes))
      // The id of a log of version 1, which alone can be asked, is that of its key.
      const first = trustRoot.logs.filter(({ idHex, spki }) => idHex === sha256Hex(spki))
      const urls = first.flatMap(({ url }) => url ?? []).toReversed()
      roots.push({ trustRoot, logEntries: remoteLogEntries(urls, ports), sha256: sha256Hex(bytes) })
    } catch (cause) {
      throw serverErrors('server.configuration', `seals.trusted-roots: ${path}: ${describeError(cause)}`, {
        cause,
        hint: 'name a trusted_root.json, as the operator of that Sigstore instance publishes it',
      })
    }
  }
  return roots
}
