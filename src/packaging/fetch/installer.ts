import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
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

type Argv = readonly [string, ...string[]]

/**
 * The whole commands, to run in this order. The verified files are all that is installed, by digest, and also where the
 * same version is installed already: nobody knows which bytes those were. With an index for dependencies a second one
 * takes these from there, unverified. Throws `packaging.no-wheel`, `packaging.dependencies`.
 */
export function installCommands(installation: Installation): readonly [Argv, ...Argv[]] {
  const { installer, sdists, dependencyIndex, more } = installation
  const only = sdists === 'never' ? ['--only-binary', ':all:'] : []
  const command = (what: readonly string[]): Argv => [...programWords(installer), ...only, ...what, ...more]
  if (dependencyIndex === undefined) return [command(byDigest(installation))]
  const files = withDependencies(installation, dependencyIndex)
  return [command(['--no-deps', '--force-reinstall', ...files]), command(files)]
}

function programWords(installer: Installer): Argv {
  const { program } = installer
  if (installer.kind === 'pip') return [...program, 'install', '--disable-pip-version-check', '--no-input']
  const python = installer.python === undefined ? [] : ['--python', installer.python]
  return [...program, 'pip', 'install', ...python]
}

function byDigest({ folder, requirementsPath }: Installation): readonly string[] {
  const source = ['--no-index', '--find-links', folder]
  return [...source, '--no-deps', '--force-reinstall', '--require-hashes', '-r', requirementsPath]
}

function withDependencies({ files, folder, sdists }: Installation, index: string): readonly string[] {
  const urls = byRequirement(installable(files, sdists)).map(([{ text, name }, own]) => {
    const wheels = own.filter(({ kind }) => kind === 'wheel')
    const [only, ...others] = wheels.length === 0 ? own : wheels
    if (only !== undefined && others.length === 0) return `${name} @ ${urlOf(only, folder)}`
    throw fetchErrors(
      'packaging.dependencies',
      `${text} has ${wheels.length} wheels, and which of them fits is not known`,
    )
  })
  return ['--index-url', index, ...urls]
}

/** pip and uv compare the file with the digest in its URL. */
function urlOf({ fileName, sha256 }: ChosenFile, folder: string): string {
  return `${pathToFileURL(join(folder, fileName)).href}#sha256=${sha256}`
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
