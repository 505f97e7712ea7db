/** How a Chinese name is typed in Latin letters. */
export interface Reading {
  /** `wangxiaoming`. */
  full: string
  /** `xiaomingwang`: the given name first; absent for what is longer than a person's name. */
  turned?: string
  /** `wxm`. */
  initials: string
}

/** Surnames of two signs; all others have one. Both forms of writing. */
const DOUBLE = new Set(
  '欧阳 歐陽 太史 端木 上官 司马 司馬 东方 東方 独孤 獨孤 南宫 南宮 万俟 萬俟 闻人 聞人 夏侯 诸葛 諸葛 尉迟 尉遲 公羊 赫连 赫連 澹台 澹臺 皇甫 宗政 濮阳 濮陽 公冶 太叔 申屠 公孙 公孫 慕容 仲孙 仲孫 钟离 鍾離 长孙 長孫 宇文 司徒 司空 闾丘 閭丘 令狐 百里 呼延 东郭 東郭 南门 南門 西门 西門'.split(
    ' ',
  ),
)
/** A person's name has at most so many signs; what is longer is a company's. */
const LONGEST_PERSON = 4
const HAN = /\p{Script=Han}+/gu

/** The Chinese part of a name; of one written in two, the surname, which is the shorter, first. */
function hanIn(name: string): string {
  const [one = '', other = '', ...more] = name.match(HAN) ?? []
  if (more.length > 0 || other === '') return one
  return one.length > other.length ? other + one : one + other
}

/**
 * The reading of the Chinese part of a name; undefined when there is none. The dictionary is loaded with the first such
 * name, in the function that keeps tokens alone: what is asked is compared as typed.
 */
export async function readingOf(name: string): Promise<Reading | undefined> {
  const han = hanIn(name)
  if (han.length < 2) return undefined
  const { pinyin } = await import('pinyin-pro')
  const syllables = pinyin(han, { toneType: 'none', type: 'array', surname: 'head', v: true, nonZh: 'removed' })
  if (syllables.length < 2) return undefined
  const full = syllables.join('')
  const initials = syllables.map((one) => one.charAt(0)).join('')
  const family = DOUBLE.has(han.slice(0, 2)) ? 2 : 1
  const person = syllables.length <= LONGEST_PERSON && syllables.length > family
  return { full, initials, ...(person && { turned: [...syllables.slice(family), ...syllables.slice(0, family)].join('') }) }
}
