import { fetchErrors } from './errors.ts'
import type { ChosenFile } from './choose-files.ts'
import type { Requirement } from './requirement.ts'

/** One file that was verified, and what it was fetched for. */
export interface VerifiedFile {
  readonly file: ChosenFile
  readonly requirement: Requirement
}

export type SdistChoice = 'never' | 'where no wheel fits'

/** The program that installs, as words before its own arguments. */
export type Installer =
  | { readonly kind: 'pip'; readonly program: readonly [string, ...string[]] }
  | { readonly kind: 'uv'; readonly program: readonly [string, ...string[]]; readonly python?: string }

export interface Installation {
  readonly installer: Installer
  readonly files: readonly VerifiedFile[]
  /** Has the verified files. */
  readonly folder: string
  /** A file with what `requirementsText` gives. */
  readonly requirementsPath: string
  readonly sdists: SdistChoice
  /** Index for dependencies; undefined: there are none. */
  readonly dependencyIndex: string | undefined
  /** For the installer, as the user gave them. */
  readonly more: readonly string[]
}

/** In hash-checking mode of pip and uv: the version, and the digests of what may be installed. Throws `packaging.no-wheel`. */
export function requirementsText(files: readonly VerifiedFile[], sdists: SdistChoice): string {
  return byRequirement(installable(files, sdists))
    .map(([{ name, version }, own]) => {
      const hashes = own.map(({ sha256 }) => ` --hash=sha256:${sha256}`)
      return `${name}==${version.normal}${hashes.join('')}\n`
    })
    .join('')
}

/**
 * The whole command. The verified files are all that is installed, by digest; with an index for dependencies these come
 * from there, unverified, and the files are named by their paths. Throws `packaging.no-wheel`, `packaging.dependencies`.
 */
export function installCommand(installation: Installation): readonly [string, ...string[]] {
  const { installer, sdists, dependencyIndex, more } = installation
  const what =
    dependencyIndex === undefined ? byDigest(installation) : withDependencies(installation, dependencyIndex)
  const only = sdists === 'never' ? ['--only-binary', ':all:'] : []
  return [...programWords(installer), ...only, ...what, ...more]
}

function programWords(installer: Installer): readonly [string, ...string[]] {
  const { program } = installer
  if (installer.kind === 'pip') return [...program, 'install', '--disable-pip-version-check', '--no-input']
  const python = installer.python === undefined ? [] : ['--python', installer.python]
  return [...program, 'pip', 'install', ...python]
}

function byDigest({ folder, requirementsPath }: Installation): readonly string[] {
  const source = ['--no-index', '--find-links', folder]
  return [...source, '--no-deps', '--require-hashes', '-r', requirementsPath]
}

function withDependencies({ files, folder, sdists }: Installation, index: string): readonly string[] {
  const paths = byRequirement(installable(files, sdists)).map(([{ text }, own]) => {
    const wheels = own.filter(({ kind }) => kind === 'wheel')
    const [only, ...others] = wheels.length === 0 ? own : wheels
    if (only !== undefined && others.length === 0) return `${folder}/${only.fileName}`
    throw fetchErrors(
      'packaging.dependencies',
      `${text} has ${wheels.length} wheels, and which of them fits is not known`,
    )
  })
  return ['--index-url', index, ...paths]
}

function installable(files: readonly VerifiedFile[], sdists: SdistChoice): readonly VerifiedFile[] {
  if (sdists !== 'never') return files
  const wheels = files.filter(({ file }) => file.kind === 'wheel')
  const without = files.find(({ requirement }) => !wheels.some((wheel) => wheel.requirement === requirement))
  if (without === undefined) return wheels
  throw fetchErrors('packaging.no-wheel', `${without.requirement.text} has no wheel, only an sdist`)
}

function byRequirement(
  files: readonly VerifiedFile[],
): readonly (readonly [Requirement, readonly ChosenFile[]])[] {
  const groups = new Map<Requirement, ChosenFile[]>()
  for (const { requirement, file } of files) {
    const group = groups.get(requirement) ?? []
    group.push(file)
    groups.set(requirement, group)
  }
  return [...groups]
}
