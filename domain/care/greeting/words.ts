import type { Occasion } from './festival.ts'

/** The languages greetings are written in. */
export const tongues = ['en', 'zh-Hant', 'zh-Hans'] as const
export type Tongue = (typeof tongues)[number]
type Said = Readonly<Record<Tongue, string>>

/** The tongue for a language tag: Chinese by its script, which `zh-TW` and `zh-CN` imply; English for any other. */
export function tongueOf(language: string | undefined): Tongue {
  if (language === undefined) return 'en'
  try {
    const { language: base, script } = new Intl.Locale(language).maximize()
    if (base !== 'zh' && base !== 'yue') return 'en'
    return script === 'Hant' ? 'zh-Hant' : 'zh-Hans'
  } catch {
    return 'en'
  }
}

const said = (en: string, hant: string, hans: string): Said => ({ en, 'zh-Hant': hant, 'zh-Hans': hans })

/** What an occasion is called. */
export const names: Readonly<Record<Occasion, Said>> = {
  birthday: said('Birthday', '生日', '生日'),
  anniversary: said('Customer anniversary', '成為客戶紀念日', '成为客户纪念日'),
  new_year: said('New Year’s Day', '元旦', '元旦'),
  new_year_eve_lunar: said('Lunar New Year’s Eve', '除夕', '除夕'),
  spring_festival: said('Spring Festival', '春節', '春节'),
  lantern: said('Lantern Festival', '元宵節', '元宵节'),
  valentines: said('Valentine’s Day', '情人節', '情人节'),
  womens_day: said('Women’s Day', '婦女節', '妇女节'),
  easter: said('Easter', '復活節', '复活节'),
  labour_day: said('Labour Day', '勞動節', '劳动节'),
  mothers_day: said('Mother’s Day', '母親節', '母亲节'),
  dragon_boat: said('Dragon Boat Festival', '端午節', '端午节'),
  fathers_day: said('Father’s Day', '父親節', '父亲节'),
  qixi: said('Qixi Festival', '七夕', '七夕'),
  teachers_day_cn: said('Teachers’ Day', '教師節', '教师节'),
  mid_autumn: said('Mid-Autumn Festival', '中秋節', '中秋节'),
  national_day_cn: said('National Day of China', '國慶節', '国庆节'),
  double_ninth: said('Double Ninth Festival', '重陽節', '重阳节'),
  thanksgiving_us: said('Thanksgiving', '感恩節', '感恩节'),
  winter_solstice: said('Winter Solstice', '冬至', '冬至'),
  christmas: said('Christmas', '聖誕節', '圣诞节'),
}

/** What is said, unless the workspace has its own words. `{name}` and `{years}` are filled in. */
const wishes: Readonly<Record<Occasion, Said>> = {
  birthday: said(
    'Happy birthday, {name}! All of us wish you a wonderful year.',
    '{name}，祝您生日快樂，新的一歲平安順遂！',
    '{name}，祝您生日快乐，新的一岁平安顺遂！',
  ),
  anniversary: said(
    'Dear {name}, it is {years} since your first purchase. Thank you for your trust.',
    '{name}，您成為我們的客戶已經{years}了，感謝您一路的信任！',
    '{name}，您成为我们的客户已经{years}了，感谢您一路的信任！',
  ),
  new_year: said('Happy New Year, {name}!', '{name}，新年快樂，萬事如意！', '{name}，新年快乐，万事如意！'),
  new_year_eve_lunar: said(
    'Dear {name}, a warm reunion on this New Year’s Eve!',
    '{name}，除夕快樂，闔家團圓！',
    '{name}，除夕快乐，阖家团圆！',
  ),
  spring_festival: said(
    'Happy Lunar New Year, {name}! Prosperity and good health.',
    '{name}，新春快樂，恭喜發財，闔家安康！',
    '{name}，新春快乐，恭喜发财，阖家安康！',
  ),
  lantern: said(
    'Dear {name}, a happy Lantern Festival to you and your family!',
    '{name}，元宵節快樂，團團圓圓！',
    '{name}，元宵节快乐，团团圆圆！',
  ),
  valentines: said('Happy Valentine’s Day, {name}!', '{name}，情人節快樂！', '{name}，情人节快乐！'),
  womens_day: said('Happy Women’s Day, {name}!', '{name}，婦女節快樂！', '{name}，妇女节快乐！'),
  easter: said('Happy Easter, {name}!', '{name}，復活節快樂！', '{name}，复活节快乐！'),
  labour_day: said(
    'Dear {name}, enjoy a well-deserved rest on Labour Day.',
    '{name}，勞動節快樂，辛苦了！',
    '{name}，劳动节快乐，辛苦了！',
  ),
  mothers_day: said('Happy Mother’s Day, {name}!', '{name}，母親節快樂！', '{name}，母亲节快乐！'),
  dragon_boat: said('Dear {name}, health and peace on the Dragon Boat Festival.', '{name}，端午安康！', '{name}，端午安康！'),
  fathers_day: said('Happy Father’s Day, {name}!', '{name}，父親節快樂！', '{name}，父亲节快乐！'),
  qixi: said('Dear {name}, a happy Qixi Festival!', '{name}，七夕快樂！', '{name}，七夕快乐！'),
  teachers_day_cn: said(
    'Happy Teachers’ Day, {name}! Thank you for all you teach.',
    '{name}，教師節快樂，桃李滿天下！',
    '{name}，教师节快乐，桃李满天下！',
  ),
  mid_autumn: said(
    'Happy Mid-Autumn Festival, {name}! A full moon and a happy reunion.',
    '{name}，中秋節快樂，花好月圓人團圓！',
    '{name}，中秋节快乐，花好月圆人团圆！',
  ),
  national_day_cn: said('Dear {name}, a happy National Day!', '{name}，國慶節快樂！', '{name}，国庆节快乐！'),
  double_ninth: said(
    'Dear {name}, health and a long life on the Double Ninth Festival.',
    '{name}，重陽安康，福壽綿長！',
    '{name}，重阳安康，福寿绵长！',
  ),
  thanksgiving_us: said(
    'Happy Thanksgiving, {name}! We are grateful for you.',
    '{name}，感恩節快樂，感謝有您！',
    '{name}，感恩节快乐，感谢有您！',
  ),
  winter_solstice: said(
    'Dear {name}, warmth to you and yours on the Winter Solstice.',
    '{name}，冬至安康，闔家溫暖！',
    '{name}，冬至安康，阖家温暖！',
  ),
  christmas: said('Merry Christmas, {name}!', '{name}，聖誕快樂！', '{name}，圣诞快乐！'),
}

/** A number of years as each tongue counts them. */
function sayYears(years: number, tongue: Tongue): string {
  return tongue === 'en' ? `${years} ${years === 1 ? 'year' : 'years'}` : `${years}年`
}

/** The words of a greeting: the workspace's own where it has some in this tongue, else the product's. */
export function wordsFor(
  occasion: Occasion,
  tongue: Tongue,
  facts: { name: string; years?: number | undefined },
  own: Partial<Said> = {},
): string {
  const text = own[tongue] ?? wishes[occasion][tongue]
  return text.replace(/\{(name|years)\}/g, (_, what) => (what === 'name' ? facts.name : sayYears(facts.years ?? 1, tongue)))
}
