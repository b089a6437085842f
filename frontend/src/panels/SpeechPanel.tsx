import { type FormEvent, useId, useState } from "react";
import { VISEME_PREFIX } from "../visemes";

const FIRST_WORDS = "Hello, it is good to see you";
const LONGEST_TEXT = 120;

interface SpeechPanelProps {
  names: readonly string[];
  onSpeak: (text: string) => void;
}

/** Words for the mouth to form, without a sound; nothing for a head that has no visemes. */
export function SpeechPanel({ names, onSpeak }: SpeechPanelProps) {
  const id = useId();
  const [text, setText] = useState(FIRST_WORDS);
  if (!names.some((name) => name.startsWith(VISEME_PREFIX))) {
    return null;
  }
  const speak = (event: FormEvent) => {
    event.preventDefault();
    onSpeak(text);
  };
  return (
    <form className="speech" onSubmit={speak}>
      <label htmlFor={id}>Words to form, without sound</label>
      <div className="speech-line">
        <input
          id={id}
          type="text"
          value={text}
          maxLength={LONGEST_TEXT}
          autoComplete="off"
          onChange={(event) => setText(event.target.value)}
        />
        <button type="submit" className="button quiet" disabled={text.trim() === ""}>
          Say it
        </button>
      </div>
    </form>
  );
}
