/**
 * Checks the arrows between rooms, and that no files import each other in a circle, inside a room or across, types
 * included: `node scripts/architecture.ts [FOLDER]`. Fails closed: it counts the files and the
 * imports that it read, and refuses a tree in which it saw none, a room it does not know, or an import it cannot place.
 */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { dividedArrows, dividedRooms, folderImports, rooms, sideEntries } from './rooms.ts'
import { findCircles } from './circles.ts'

export interface ArchitectureReport {
  readonly files: number
  readonly imports: number
  readonly problems: readonly string[]
}

interface Import {
  readonly from: string
  readonly specifier: string
  readonly isTypeOnly: boolean
}

interface Arrow {
  readonly from: string
  readonly target: string
  readonly isTypeOnly: boolean
}

const STATEMENT = /^(?:import|export)\s+(type\s)?(?:[^'"`;]*?\sfrom\s+)?'([^']+)'/gm
const DYNAMIC = /\bimport\(\s*(?:'([^']+)'|([^)]*))\s*\)/g

export function checkArchitecture(source: string): ArchitectureReport {
  const files = globSync('**/*.ts', { cwd: source })
  const imports = files.flatMap((file) => readImports(source, file))
  const problems = [
    ...files.flatMap((file) => checkPlace(file)),
    ...imports.flatMap((one) => checkImport(one)),
    ...findCircles(imports.flatMap((one) => arrowOf(one) ?? [])).map(
      (circle) => `${circle}: an import circle`,
    ),
    ...(files.length === 0 || imports.length === 0 ? ['nothing was read: is the folder right?'] : []),
  ]
  return { files: files.length, imports: imports.length, problems }
}

function readImports(source: string, file: string): Import[] {
  const text = readFileSync(join(source, file), 'utf8').replaceAll(/^\s*(\/\/|\/?\*).*$/gm, '')
  const stated = [...text.matchAll(STATEMENT)].map(([, type, specifier]) => ({
    from: file,
    specifier: specifier ?? '',
    isTypeOnly: type !== undefined,
  }))
  const dynamic = [...text.matchAll(DYNAMIC)].map(([, literal]) => ({
    from: file,
    specifier: literal ?? '',
    isTypeOnly: false,
  }))
  return [...stated, ...dynamic]
}

function checkPlace(file: string): string[] {
  const room = roomOf(file)
  return room in rooms ? [] : [`${file}: ${room} is not a room of scripts/rooms.ts`]
}

function checkImport(one: Import): string[] {
  const { from, specifier } = one
  if (specifier === '') return [`${from}: a dynamic import must name its file in single quotes`]
  const arrow = arrowOf(one)
  if (arrow === undefined) return []
  if (arrow.target.startsWith('..')) return [`${from}: ${specifier} is outside of the source folder`]
  const problem = crossing(arrow)
  return problem === undefined ? [] : [`${from} imports ${arrow.target}: ${problem}`]
}

/** Undefined for what is no file of ours: libraries and `node:` modules. */
function arrowOf({ from, specifier, isTypeOnly }: Import): Arrow | undefined {
  if (!specifier.startsWith('.')) return undefined
  return { from, target: relative('.', join(dirname(from), specifier)), isTypeOnly }
}

function crossing({ from, target, isTypeOnly }: Arrow): string | undefined {
  const [here, there] = [roomOf(from), roomOf(target)]
  if (isTest(target) && !isTest(from)) return 'the product imports a test'
  if (here === there) return crossingInside(from, target)
  if (isTest(from)) return there in rooms ? undefined : `${there} is not a room`
  if (!reach(from, isTypeOnly).includes(there)) return `${here} may not import ${there}`
  return isEntry(target) ? undefined : 'rooms are imported through their index.ts'
}

function reach(file: string, isTypeOnly: boolean): readonly string[] {
  const { imports = [], types = [] } = rooms[roomOf(file)] ?? {}
  const ofFolder = folderImports[`${roomOf(file)}/${folderOf(file)}`] ?? []
  return [...imports, ...ofFolder, ...(isTypeOnly ? types : [])]
}

/** A divided room's folders are rooms to each other; only those of `formats` and of `dividedArrows` may meet. */
function crossingInside(from: string, target: string): string | undefined {
  const room = roomOf(from)
  const [here, there] = [folderOf(from), folderOf(target)]
  if (!dividedRooms.includes(room) || here === there || there === '') return undefined
  const isArrow =
    room === 'formats' || dividedArrows[`${room}/${here}`]?.includes(`${room}/${there}`) === true
  if (!isArrow && !isTest(from)) return `folders of ${room} do not import each other`
  return isTest(from) || isEntry(target) ? undefined : 'folders are imported through their index.ts'
}

function roomOf(file: string): string {
  return file.split('/')[0] ?? ''
}

/** The folder inside a room, or '' for a file that stands directly in the room. */
function folderOf(file: string): string {
  const parts = file.split('/')
  return parts.length > 2 ? (parts[1] ?? '') : ''
}

function isEntry(target: string): boolean {
  if (sideEntries.includes(target)) return true
  const parts = target.split('/')
  const depth = dividedRooms.includes(parts[0] ?? '') ? [2, 3] : [2]
  return parts.at(-1) === 'index.ts' && depth.includes(parts.length)
}

/** Tests, contract suites and `arrange.ts` may use any room; nothing of the product may import them. */
function isTest(file: string): boolean {
  return /(?:\.test|contract|\/arrange)\.ts$/.test(file)
}

if (process.argv[1] === import.meta.filename) {
  const report = checkArchitecture(process.argv[2] ?? 'src')
  for (const problem of report.problems) console.error(problem)
  console.log(
    `architecture: ${report.files} files, ${report.imports} imports, ${report.problems.length} problems`,
  )
  process.exitCode = report.problems.length === 0 ? 0 : 1
}
