import { INSTALLERS, type Installer } from '../support/installers.ts'

/**
 * What every stock installer does with every way of being refused. Words are those of `cellOf`; with a star the cell is
 * run by every `npm test`, the others with WHEELSEAL_MATRIX=all. A client that behaves otherwise one day turns it red.
 */
const TABLE = `
state     asked      pip-26.3  pip-23.2  uv        poetry    pdm       pip-tools hatch
allowed   range      2.0       2.0       2.0       2.0       2.0       2.0       2.0
allowed   pin        2.0       2.0       2.0       2.0       2.0       2.0       2.0
allowed   needs      2.0*      2.0*      2.0*      2.0*      2.0*      2.0*      2.0*
allowed   hash       2.0       2.0       2.0       -         -         2.0       -
allowed   lock       2.0       -         2.0       2.0       2.0       2.0       -
allowed   lock-pin   2.0       -         2.0       2.0       2.0       2.0       -

refused   range      1.1*      1.1       1.1*      1.1*      1.1*      1.1       1.1
refused   pin        says/1*   says/1*   says/2*   says/1*   says/1*   says/1*   says/1*
refused   needs      fails/1   fails/1   says/1*   fails/1   fails/1   fails/1   fails/1
refused   hash       says/1    says/1    says/2    -         -         says/1    -
refused   lock       1.1       -         1.1       1.1       1.1       1.1       -
refused   lock-pin   says/1    -         says/2    says/1    says/1*   says/1    -

http2     range      1.1       1.1       1.1       1.1       1.1       1.1       1.1
http2     pin        says/1*   says/1    says/2*   says/1    says/1    says/1    says/1
http2     needs      fails/1   fails/1   says/1    fails/1   fails/1   fails/1   fails/1
http2     hash       says/1    says/1    says/2    -         -         says/1    -
http2     lock       1.1       -         1.1       1.1       1.1       1.1       -
http2     lock-pin   says/1    -         says/2    says/1    says/1    says/1    -

html      range      1.1       1.1       1.1       1.1*      1.1       1.1       1.1
html      pin        says/1    says/1    says/2    says/1    says/1    says/1    says/1
html      needs      fails/1   fails/1   says/1    fails/1   fails/1   fails/1   fails/1
html      hash       says/1    says/1    says/2    -         -         says/1    -
html      lock       1.1       -         1.1       1.1       1.1       1.1       -
html      lock-pin   says/1    -         says/2    says/1    says/1    says/1    -

unsigned  range      1.1       1.1       1.1       1.1       1.1       1.1       1.1
unsigned  pin        says/1*   says/1    says/2    says/1    says/1    says/1    says/1
unsigned  needs      fails/1   fails/1   says/1    fails/1   fails/1   fails/1   fails/1
unsigned  hash       says/1    says/1    says/2    -         -         says/1    -
unsigned  lock       1.1       -         1.1       1.1       1.1       1.1       -
unsigned  lock-pin   says/1    -         says/2    says/1    says/1    says/1    -

closed    range      says/1    says/1    says/2    says/1    says/1    says/1    says/1
closed    pin        says/1*   says/1    says/2    says/1    says/1    says/1    says/1
closed    needs      says/1    says/1    says/2    says/1    says/1    says/1    says/1
closed    hash       says/1    says/1    says/2    -         -         says/1    -
closed    lock       says/1    -         says/2    says/1    says/1    says/1    -
closed    lock-pin   says/1    -         says/2    says/1    says/1    says/1    -

mixed     range      1.1*      1.1       1.1       1.1*      1.1*      1.1       1.1
mixed     pin        says/1    says/1    says/2    says/1    says/1    says/1    says/1
mixed     needs      fails/1   fails/1   says/1    fails/1   fails/1   fails/1   fails/1
mixed     hash       says/1    says/1    says/2    -         -         says/1    -
mixed     lock       1.1       -         1.1       1.1       1.1       1.1       -
mixed     lock-pin   says/1    -         says/2    says/1    says/1    says/1    -

held      range      1.1       1.1*      1.1       1.1       1.1       1.1       1.1
held      pin        says/1    says/1    says/2*   says/1    says/1    says/1*   says/1
held      needs      fails/1   fails/1   says/1    fails/1   fails/1   fails/1   fails/1
held      hash       says/1    says/1    says/2    -         -         says/1    -
held      lock       1.1       -         1.1       1.1       1.1       1.1       -
held      lock-pin   says/1    -         says/2    says/1    says/1    says/1    -

digest    range      1.1       1.1       1.1       1.1       1.1       1.1       1.1
digest    pin        says/1    says/1    says/2    says/1    says/1    says/1    says/1
digest    needs      fails/1   fails/1   says/1    fails/1   fails/1   fails/1   fails/1
digest    hash       says/1    says/1*   says/2    -         -         says/1    -
digest    lock       1.1       -         1.1       1.1       1.1       1.1       -
digest    lock-pin   says/1    -         says/2    says/1    says/1    says/1    -

metadata  range      1.1       1.1       1.1       1.1       1.1*      1.1       1.1
metadata  pin        says/1    says/1    says/2    says/1    says/1    says/1    says/1
metadata  needs      fails/1   fails/1   says/1    fails/1   fails/1   fails/1   fails/1
metadata  hash       says/1    says/1    says/2    -         -         says/1    -
metadata  lock       1.1       -         1.1       1.1       1.1       1.1       -
metadata  lock-pin   says/1    -         says/2    says/1    says/1    says/1    -

unlisted  range      says/1*   says/1    says/2*   says/1    says/1*   says/1    says/1
unlisted  pin        says/1    says/1    says/2    says/1    says/1    says/1    says/1
unlisted  needs      fails/1   fails/1   says/1    fails/1   fails/1   fails/1   fails/1
unlisted  hash       says/1    says/1    says/2    -         -         says/1    -
unlisted  lock       says/1    -         says/2    says/1*   says/1    says/1    -
unlisted  lock-pin   says/1    -         says/2    says/1    says/1    says/1    -

down      range      says/1*   says/1    says/2*   says/1*   says/1    says/1    says/1
down      pin        fails/1   fails/1   fails/1   fails/1   fails/1   fails/1   fails/1
down      needs      says/1    says/1    says/2    says/1    says/1    says/1    says/1
down      hash       fails/1   fails/1   fails/1   -         -         fails/1   -
down      lock       says/1    -         says/2    says/1    says/1    says/1    -
down      lock-pin   fails/1   -         fails/1   fails/1   fails/1   fails/1   -
`

export interface Row {
  readonly state: string
  readonly asked: string
  readonly client: string
  readonly installer: Installer
  readonly expected: string
  readonly isCore: boolean
}

/** Throws where a client of the table is none of the installers, or a line has a cell too few. */
export function readRows(table: string = TABLE): readonly Row[] {
  const [header = [], ...lines] = table
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.trim().split(/ +/))
  return lines.flatMap((line) => {
    if (line.length !== header.length) throw new Error(`not a row: ${line.join(' ')}`)
    const [state = '', asked = '', ...cells] = line
    return cells.map((cell, at) => {
      const client = (header[at + 2] ?? '').replace('-2', ' 2')
      const installer = INSTALLERS.find(({ name }) => name === client)
      if (installer === undefined) throw new Error(`no such client: ${client}`)
      const isCore = cell.endsWith('*')
      return { state, asked, client, installer, expected: isCore ? cell.slice(0, -1) : cell, isCore }
    })
  })
}
