import { utf8Decode } from '../../../base/index.ts'
import { quoted, type Findings } from './findings.ts'

const SCRIPT_SECTIONS = new Set(['console_scripts', 'gui_scripts'])
const NAME = /^[\p{L}\p{N}_.-]+$/u

/** Installers write a file of each script's name (entry points specification): no name may be a path. */
export function checkEntryPoints(bytes: Uint8Array, findings: Findings): void {
  let section = ''
  for (const line of linesOf(bytes, findings)) {
    if (/^\s*(?:$|[#;])/.test(line)) continue
    const header = /^\s*\[(?<section>[^\]]*)\]\s*$/.exec(line)?.groups?.['section']
    if (header !== undefined) section = header
    else if (SCRIPT_SECTIONS.has(section.trim())) checkScript(line, findings)
  }
}

function checkScript(line: string, findings: Findings): void {
  // A continued line has no name of its own; one that looks like it might be read as an entry is judged as one.
  const name = line.split(/[=:]/, 1)[0]?.trim() ?? ''
  if (!NAME.test(name) || /^\.*$/.test(name))
    findings.add('distribution.entry-point', `entry_points.txt has the script ${quoted(name)}`)
}

function linesOf(bytes: Uint8Array, findings: Findings): readonly string[] {
  try {
    return utf8Decode(bytes).split(/\r\n|\r|\n/)
  } catch {
    findings.add('distribution.entry-point', 'entry_points.txt is not UTF-8')
    return []
  }
}
