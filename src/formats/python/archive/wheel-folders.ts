import { quoted, type Findings } from './findings.ts'
import { Pace, PER_NAME } from './pace.ts'

const SCHEMES = new Set(['purelib', 'platlib', 'headers', 'scripts', 'data'])
/** Of each kind, more help nobody. */
const MAX_SHOWN = 20

/** Files of a wheel by their paths: one .dist-info folder, and at most one .data folder with what it may have. */
export async function checkFolders(
  paths: ReadonlySet<string>,
  folder: string,
  findings: Findings,
): Promise<void> {
  const data = folder.replace(/\.dist-info$/, '.data')
  const odd = new Set<string>()
  const pace = new Pace()
  let isThere = false
  for (const path of paths) {
    const problem = infoProblem(path, folder) ?? dataProblem(path, data)
    if (problem !== undefined) odd.add(problem)
    isThere ||= path.startsWith(`${folder}/`)
    if (odd.size >= MAX_SHOWN) break
    await pace.spend(PER_NAME)
  }
  for (const what of odd) findings.add('distribution.dist-info', `the wheel has ${what}`)
  if (!isThere && odd.size < MAX_SHOWN)
    findings.add('distribution.dist-info', `the wheel has no folder ${quoted(folder)}`)
}

function infoProblem(path: string, folder: string): string | undefined {
  const [top = ''] = path.split('/', 1)
  if (top === folder || !/\.dist-info$/i.test(top)) return undefined
  return `the folder ${quoted(top)} next to ${quoted(folder)}`
}

/** Some installers take every folder that ends in .data for one, others the one of the wheel's name. */
function dataProblem(path: string, data: string): string | undefined {
  const [top = '', scheme = '', inScheme = ''] = path.split('/')
  if (!/\.data$/i.test(top)) return undefined
  if (top !== data) return `the folder ${quoted(top)} next to ${quoted(data)}`
  if (!SCHEMES.has(scheme) || inScheme === '')
    return `${quoted(path)}, which is in none of the folders that ${quoted(data)} may have`
  if (/^(?:pure|plat)lib$/.test(scheme) && /\.dist-info$/i.test(inScheme))
    return `a second .dist-info, ${quoted(`${top}/${scheme}/${inScheme}`)}`
  return undefined
}
