import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Calls of the kernel that only declare: nothing happens until what they return is used. */
const declarations = /(?<![\w.]|function )\b(module|action|entity|event|route|once|every|on)(?=\()/g
const comment = /^\s*[*/]/

/**
 * Copies the sources with every declaration marked as free of side effects, so that a bundle carries only what its
 * function uses: a reaction's action, not the forty routes beside it. The marks stay out of the sources people read;
 * esbuild honours a mark on the call, not one on an imported function.
 * @param folders of the root to copy
 */
export function annotated(root: string, out: string, folders: readonly string[]): void {
  mkdirSync(out, { recursive: true })
  cpSync(join(root, 'package.json'), join(out, 'package.json'))
  symlinkSync(join(root, 'node_modules'), join(out, 'node_modules'))
  for (const folder of folders) copy(join(root, folder), join(out, folder))
}

function copy(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) copy(source, target)
    else if (entry.name.endsWith('.ts')) writeFileSync(target, marked(readFileSync(source, 'utf8')))
  }
}

/** A module's declaration, to the end of its file. */
const manifest = /^export default (module\([^]*\))\s*$/m

/** A manifest is a call without arguments: esbuild drops a marked call, but keeps arguments that spread or call something. */
const marked = (text: string): string =>
  text
    .replace(manifest, 'export default /* @__PURE__ */ (() => $1)()\n')
    .split('\n')
    .map((line) => (comment.test(line) ? line : line.replace(declarations, '/* @__PURE__ */ $1')))
    .join('\n')
