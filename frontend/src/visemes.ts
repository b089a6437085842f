// Written words to the mouth shapes of Oculus' viseme set, roughly as English is spoken.

export interface Sound {
  /** Name of the morph target. */
  viseme: string;
  startS: number;
  lengthS: number;
  weight: number;
}

export const VISEME_PREFIX = "viseme_";

const CONSONANT_S = 0.075;
const VOWEL_S = 0.13;
const PAUSE_S = 0.13;

/** Longest first; what two letters say together before what each says alone. */
const SPELLINGS: readonly (readonly [string, string])[] = [
  ["tch", "CH"],
  ["th", "TH"],
  ["sh", "CH"],
  ["ch", "CH"],
  ["ph", "FF"],
  ["ck", "kk"],
  ["ng", "nn"],
  ["qu", "kk U"],
  ["wh", "U"],
  ["ee", "I"],
  ["ea", "I"],
  ["oo", "U"],
  ["ou", "aa U"],
  ["ow", "O U"],
  ["ai", "E I"],
  ["ay", "E I"],
  ["oi", "O I"],
  ["oy", "O I"],
  ["au", "O"],
  ["aw", "O"],
  ["p", "PP"],
  ["b", "PP"],
  ["m", "PP"],
  ["f", "FF"],
  ["v", "FF"],
  ["t", "DD"],
  ["d", "DD"],
  ["k", "kk"],
  ["g", "kk"],
  ["c", "kk"],
  ["q", "kk"],
  ["x", "kk SS"],
  ["h", "kk"],
  ["j", "CH"],
  ["s", "SS"],
  ["z", "SS"],
  ["n", "nn"],
  ["l", "nn"],
  ["r", "RR"],
  ["a", "aa"],
  ["e", "E"],
  ["i", "I"],
  ["y", "I"],
  ["o", "O"],
  ["u", "U"],
  ["w", "U"],
];
const VOWELS = new Set(["aa", "E", "I", "O", "U"]);
/** Sounds that close the mouth are heard only when it really closes. */
const CLOSING = new Set(["PP", "FF"]);
const OPEN_WEIGHT = 0.85;

/** The sounds of a text, one after another; letters without a sound are silent. */
export function soundsOf(text: string): readonly Sound[] {
  const sounds: Sound[] = [];
  let atS = 0;
  const say = (viseme: string) => {
    const lengthS = VOWELS.has(viseme) ? VOWEL_S : CONSONANT_S;
    const weight = CLOSING.has(viseme) ? 1 : OPEN_WEIGHT;
    sounds.push({ viseme: VISEME_PREFIX + viseme, startS: atS, lengthS, weight });
    atS += lengthS;
  };
  for (const word of plainWords(text)) {
    visemesOf(word).forEach(say);
    atS += PAUSE_S;
  }
  return sounds;
}

function plainWords(text: string): readonly string[] {
  const plain = text.normalize("NFD").replace(/\p{M}/gu, "").replaceAll(/[đĐ]/g, "d");
  return plain
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== "");
}

function visemesOf(word: string): readonly string[] {
  const visemes: string[] = [];
  let rest = word;
  while (rest !== "") {
    const spelling = SPELLINGS.find(([letters]) => rest.startsWith(letters));
    const [letters, said] = spelling ?? [rest.charAt(0), ""];
    for (const viseme of said.split(" ")) {
      if (viseme !== "" && viseme !== visemes.at(-1)) {
        visemes.push(viseme);
      }
    }
    rest = rest.slice(letters.length);
  }
  return visemes;
}
