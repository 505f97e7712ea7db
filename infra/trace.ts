import { readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

/** Position in a bundle as a stack names it: `/var/task/index.js:12:345`. */
const place = /\/var\/task\/index\.js:(\d+):(\d+)/g

/** A stack of a deployed function in terms of the sources. @param map the text of the function's source map */
export function readable(stack: string, map: string): string {
  const sources = new SourceMap(JSON.parse(map))
  return stack.replaceAll(place, (whole, line: string, column: string) => {
    const found = sources.findEntry(Number(line) - 1, Number(column) - 1)
    return 'originalSource' in found ? `${found.originalSource.replace(/^(\.\.\/)+/, '')}:${found.originalLine + 1}` : whole
  })
}

if (import.meta.main) {
  const {
    positionals: [name],
  } = parseArgs({ allowPositionals: true })
  if (!name) throw new Error('Which function? For example: node infra/trace.ts api < stack.txt')
  const map = readFileSync(join(import.meta.dirname, '../cdk.out/bundle', `${name}.map`), 'utf8')
  console.log(readable(readFileSync(0, 'utf8').replaceAll('\\n', '\n'), map))
}
