import { basename, dirname, join, resolve } from 'node:path'
import { appSignErrors } from './errors.ts'
import type { SignPlan } from './plan.ts'

export interface Target {
  readonly path: string
  readonly bundle: string
  /** `.sig` and `.crt`, as cosign 2.2.3 writes them. */
  readonly legacy?: { readonly signature: string; readonly certificate: string }
}

const MAX_FILES = 10_000

/**
 * What is signed, and where its seal goes. A seal of another file in the list (`dist/*` names those of the last time too)
 * is not signed but replaced. Throws `app.sign-flags`.
 */
export function targetsOf(plan: Pick<SignPlan, 'files' | 'bundleFolder' | 'forms'>): readonly Target[] {
  const { files } = plan
  if (files.length > MAX_FILES)
    throw appSignErrors('app.sign-flags', `${files.length} files, at most ${MAX_FILES} are signed at once`)
  const named = new Set(files.map((path) => resolve(path)))
  const targets = files.filter((path) => !isSealOf(path, named)).map((path) => targetOf(path, plan))
  const taken = new Set(targets.map(({ path }) => resolve(path)))
  for (const target of targets)
    for (const place of placesOf(target)) {
      if (taken.has(resolve(place)))
        throw appSignErrors(
          'app.sign-flags',
          `${target.path}: its seal ${place} is the place of another file`,
          {
            hint: 'name each file once; with --bundle-dir their names must differ',
          },
        )
      taken.add(resolve(place))
    }
  return targets
}

function placesOf({ bundle, legacy }: Target): readonly string[] {
  return legacy === undefined ? [bundle] : [bundle, legacy.signature, legacy.certificate]
}

function isSealOf(path: string, named: ReadonlySet<string>): boolean {
  const [, file] = /^([^]+)\.(?:sigstore\.json|sig|crt)$/.exec(resolve(path)) ?? []
  return file !== undefined && named.has(file)
}

function targetOf(path: string, { bundleFolder, forms }: Pick<SignPlan, 'bundleFolder' | 'forms'>): Target {
  const place = join(bundleFolder ?? dirname(path), basename(path))
  const legacy = { signature: `${place}.sig`, certificate: `${place}.crt` }
  return { path, bundle: `${place}.sigstore.json`, ...(forms === 'bundle' ? {} : { legacy }) }
}
