/**
 * Customers made up from a seed, with names as skewed as real ones: a few surnames that many have, a long tail that one or two
 * have. Shares of Chinese surnames after the Ministry of Public Security's report on names of 2020, of English ones after the
 * US census of 2010, both rounded; the tail is made of syllables.
 */

/** A source of numbers from 0 to 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const split = (text: string): string[] => text.split(' ')

const FIRST = split(
  'James Mary John Patricia Robert Jennifer Michael Linda William Elizabeth David Barbara Richard Susan Joseph Jessica Thomas Sarah Charles Karen Christopher Lisa Daniel Nancy Matthew Betty Anthony Margaret Mark Sandra Donald Ashley Steven Kimberly Paul Emily Andrew Donna Joshua Michelle Kenneth Carol Kevin Amanda Brian Dorothy George Melissa Edward Deborah Ronald Stephanie Timothy Rebecca Jason Laura Jeffrey Sharon Ryan Cynthia Jacob Kathleen Gary Amy Nicholas Angela Eric Shirley Jonathan Anna Stephen Brenda Larry Pamela Justin Emma Scott Nicole Brandon Helen Benjamin Samantha Samuel Katherine Gregory Christine Alexander Debra Frank Rachel Patrick Carolyn Raymond Janet Jack Catherine Dennis Maria Jerry Heather Tyler Diane José René Zoë Björn Søren Łukasz Chloé François Jürgen Ángel',
)
const LAST = split(
  'Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker Young Allen King Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts Gomez Phillips Evans Turner Diaz Parker Cruz Edwards Collins Reyes Stewart Morris Morales Murphy Cook Rogers Gutierrez Ortiz Morgan Cooper Peterson Bailey Reed Kelly Howard Ramos Kim Cox Ward Richardson Watson Brooks Chavez Wood James Bennett Gray Mendoza Ruiz Hughes Price Alvarez Castillo Sanders Patel Myers Long Ross Foster Jimenez O’Brien Müller Søndergaard Núñez',
)
const ONSETS = split('b br c ch d dr f g gr h j k kl l m n p pr r s sch sh st t tr v w z')
const VOWELS = split('a e i o u ai ei ia ou')
const CODAS = split('n r l s k t m nd rt ck nn ff dt')
const ENDS = split('er mann son ski ov ez ini ard well ton field berg')
const SURNAMES = split(
  '王:7.1 李:7 张:6.7 刘:5.3 陈:4.6 杨:3.1 黄:2.2 赵:2.1 吴:2 周:1.9 徐:1.5 孙:1.5 马:1.3 朱:1.2 胡:1.2 郭:1.1 何:1.1 林:1.1 高:1 罗:1 郑:.9 梁:.9 谢:.8 宋:.7 唐:.7 许:.6 韩:.6 邓:.6 冯:.6 曹:.6 彭:.5 曾:.5 肖:.5 田:.5 董:.5 潘:.5 袁:.4 蔡:.4 蒋:.4 余:.4 于:.4 杜:.4 叶:.4 程:.4 魏:.4 苏:.4 吕:.4 丁:.4 任:.3 卢:.3 姚:.3 沈:.3 钟:.3 姜:.3 崔:.3 谭:.3 陆:.3 范:.3 汪:.3 廖:.3 石:.3 金:.3 韦:.2 贾:.2 夏:.2 付:.2 方:.2 邹:.2 欧阳:.1 诸葛:.02 上官:.02',
)
const GIVEN = [
  ...'伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂文辉玲华红建国志海燕婷雪晓小子梓涵欣怡宇浩轩诗若思佳雨晨泽嘉俊豪鹏飞龙凤云山川林森木春夏秋冬梅竹菊松柏青白玉金银珍珠宝贝安康宁静远博学成功胜利民生永长久天地人和谐美好新光亮星月日阳东西南北中正义礼智信忠孝仁爱',
]
const TRADES = split('Logistics Machines Textiles Foods Optics Consulting Software Ceramics Shipping Instruments')
const PLACES = split('上海 北京 深圳 杭州 苏州 广州 成都 武汉 南京 青岛')
const WORKS = split('机械 纺织 食品 光学 软件 陶瓷 物流 仪器 电子 化工')
const FREE = split('gmail.com qq.com 163.com outlook.com hotmail.com yahoo.com')

export interface MadeUp {
  kind: 'person' | 'company'
  name: string
  email: string
  phone: string
  externalId: string
}

type Random = () => number
const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
/** An index that falls off as Zipf's law says: the first ten times as often as the tenth. */
const zipf = (random: Random, count: number): number => Math.min(count - 1, Math.floor((count + 1) ** random()) - 1)
const skewed = <T>(random: Random, from: readonly T[]): T => from[zipf(random, from.length)] as T
const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

function rareWord(random: Random): string {
  const syllable = () => pick(random, ONSETS) + pick(random, VOWELS) + (random() < 0.5 ? pick(random, CODAS) : '')
  return capital(syllable() + (random() < 0.4 ? syllable() : '') + pick(random, ENDS))
}

const weighted = SURNAMES.map((entry) => entry.split(':')).map(([name = '', share = '0']) => ({ name, share: Number(share) }))
const shares = weighted.reduce((sum, { share }) => sum + share, 0)
function chineseSurname(random: Random): string {
  let left = random() * shares
  return (weighted.find(({ share }) => (left -= share) <= 0) ?? weighted[0])?.name ?? ''
}

function nameOf(random: Random): Pick<MadeUp, 'kind' | 'name'> {
  const which = random()
  if (which < 0.03) return { kind: 'company', name: `${rareWord(random)} ${pick(random, TRADES)}` }
  if (which < 0.06)
    return { kind: 'company', name: `${pick(random, PLACES)}${pick(random, GIVEN)}${pick(random, GIVEN)}${pick(random, WORKS)}有限公司` }
  if (which < 0.45) {
    const given = skewed(random, GIVEN) + (random() < 0.8 ? skewed(random, GIVEN) : '')
    return { kind: 'person', name: chineseSurname(random) + given }
  }
  const last = random() < 0.55 ? skewed(random, LAST) : rareWord(random)
  const middle = random() < 0.1 ? ` ${skewed(random, FIRST)}` : ''
  return { kind: 'person', name: `${skewed(random, FIRST)}${middle} ${last}` }
}

/** So many customers, the same for the same seed. */
export function madeUp(count: number, seed = 1): MadeUp[] {
  const random = seeded(seed)
  return Array.from({ length: count }, (_, n) => {
    const { kind, name } = nameOf(random)
    const plain = name
      .normalize('NFKD')
      .toLowerCase()
      .replace(/[^a-z ]/g, '')
      .trim()
      .replaceAll(' ', '.')
    const domain = random() < 0.6 ? pick(random, FREE) : `${rareWord(random).toLowerCase()}.com`
    const phone = `+861${3 + Math.floor(random() * 6)}${String(Math.floor(random() * 1e9)).padStart(9, '0')}`
    const local = plain === '' ? String(Math.floor(1e9 + random() * 9e9)) : `${plain}${n}`
    return { kind, name, email: `${local}@${domain}`, phone, externalId: `C-${String(100_000 + n)}` }
  })
}
