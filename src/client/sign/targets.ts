import { basename, dirname, join, resolve } from 'node:path'
import { sealedFile } from '../../formats/sigstore/index.ts'
import { STANDARD_INPUT } from '../verify/plan.ts'
import { clientSignErrors } from './errors.ts'
import type { SigningPlan } from './plan.ts'

/** A file that will be written. */
export interface Place<Ending extends string = string> {
  readonly ending: Ending
  readonly path: string
}

/** A file that is signed, and where what is made of it goes. */
export interface Target<Ending extends string = string> {
  readonly path: string
  /** Its last part. */
  readonly fileName: string
  readonly places: readonly Place<Ending>[]
}

const MAX_FILES = 10_000

/**
 * What is signed, and where what is made goes: beside each file, with each of the endings. A seal of another file in
 * the list (`dist/*` names those of the last time too) is not signed. Throws `client.sign-flags`.
 */
export function targetsOf<Ending extends string>(
  { files, bundleFolder }: Pick<SigningPlan, 'files' | 'bundleFolder'>,
  endings: readonly Ending[],
): readonly Target<Ending>[] {
  if (files.length > MAX_FILES)
    throw clientSignErrors(
      'client.sign-flags',
      `${files.length} files, at most ${MAX_FILES} can be signed at once`,
    )
  if (files.includes(STANDARD_INPUT))
    throw clientSignErrors('client.sign-flags', 'standard input has no file name for its bundle', {
      hint: "write it to a file first, or use 'wheelseal cosign sign-blob --bundle FILE -'; for a file named - write ./-",
    })
  const named = new Set(files.map((path) => resolve(path)))
  const targets = files
    .filter((path) => !isSealOf(path, named))
    .map((path) => {
      const fileName = basename(path)
      const place = join(bundleFolder ?? dirname(path), fileName)
      return { path, fileName, places: endings.map((ending) => ({ ending, path: `${place}${ending}` })) }
    })
  checkPlaces(targets)
  return targets
}

function checkPlaces(targets: readonly Target[]): void {
  const taken = new Set(targets.map(({ path }) => resolve(path)))
  for (const { path, places } of targets)
    for (const { path: place } of places) {
      if (taken.has(resolve(place)))
        throw clientSignErrors(
          'client.sign-flags',
          `${path}: its output ${place} would overwrite a file of this call`,
          {
            hint: 'name each file once; with --bundle-dir the file names must be different',
          },
        )
      taken.add(resolve(place))
    }
}

function isSealOf(path: string, named: ReadonlySet<string>): boolean {
  const file = sealedFile(resolve(path))
  return file !== undefined && named.has(file)
}
