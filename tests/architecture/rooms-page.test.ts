import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { dividedRooms, folderImports, rooms } from '../../scripts/rooms.ts'
import { root } from '../support/program.ts'

/** Rows such as `| 3 | ⟨verify/⟩ | what lives there | ⟨base⟩ ⟨formats⟩ |`, with backticks for the brackets. */
const rows = [
  ...readFileSync(join(root, 'docs', 'design', 'rooms.md'), 'utf8').matchAll(
    /^\| (\d) \| `(\w+)\/` \| (.*?) \| (.*?) \|$/gm,
  ),
].map(([, floor, room = '', content = '', imports = '']) => ({
  floor: Number(floor),
  room,
  content,
  imports,
}))

const folders = (pattern: string): readonly string[] =>
  globSync(pattern, { cwd: join(root, 'src'), withFileTypes: true })
    .filter((one) => one.isDirectory())
    .map(({ name }) => name)
    .toSorted()

const codeWords = (text: string): readonly string[] =>
  [...text.matchAll(/`([\w-]+)`/g)].map(([, word = '']) => word)

/** Of a cell such as `base` `formats`, or `floors 0 to 4`. */
function roomsIn(text: string): readonly string[] {
  const [, top] = /floors 0 to (\d)/.exec(text) ?? []
  const below = Object.entries(rooms).filter(([, { floor }]) => top !== undefined && floor <= Number(top))
  return [...codeWords(text), ...below.map(([room]) => room)].toSorted()
}

describe('the table of docs/design/rooms.md', () => {
  it('has the rooms that there are, on their floors', () => {
    const known = Object.entries(rooms).map(([room, { floor }]) => ({ floor, room }))
    expect(rows.map(({ floor, room }) => ({ floor, room }))).toEqual(known)
    expect(known.map(({ room }) => room).toSorted()).toEqual(folders('*'))
  })

  it.each(rows)('says what $room may import', ({ room, imports }) => {
    const [own = '', ofFolders] = imports.split('; ')
    const [values = '', types = ''] = own.split(', types of ')
    expect(roomsIn(values)).toEqual((rooms[room]?.imports ?? []).toSorted())
    expect(roomsIn(types)).toEqual((rooms[room]?.types ?? []).toSorted())
    const extra = Object.entries(folderImports).filter(([folder]) => folder.startsWith(`${room}/`))
    const said = [
      ...extra.map(([folder]) => folder.slice(room.length + 1)),
      ...extra.flatMap(([, more]) => more),
    ]
    expect(new Set(codeWords(ofFolders ?? ''))).toEqual(new Set(said))
  })

  it.each(dividedRooms)('names the folders of %s', (room) => {
    const { content = '' } = rows.find((row) => row.room === room) ?? {}
    expect(
      codeWords(content)
        .filter((word) => !word.startsWith('.'))
        .toSorted(),
    ).toEqual(folders(`${room}/*`))
  })
})

describe('the arrows of scripts/rooms.ts', () => {
  it.each(Object.entries(rooms))('of %s lead down, or to a room that is named before it', (name, room) => {
    const order = Object.keys(rooms)
    for (const target of [...room.imports, ...(room.types ?? [])]) {
      expect(rooms[target]?.floor).toBeLessThanOrEqual(room.floor)
      expect(order.indexOf(target)).toBeLessThan(order.indexOf(name))
    }
  })

  it.each(Object.entries(folderImports))(
    'of the folder %s lead to a room that is named before',
    (folder, targets) => {
      const [room = ''] = folder.split('/')
      for (const target of targets)
        expect(Object.keys(rooms).indexOf(target)).toBeLessThan(Object.keys(rooms).indexOf(room))
      expect(folders(folder)).toHaveLength(1)
    },
  )
})
