import type { Emotion } from "../emotions";

/** Brows and mouth of each emotion, in a circle of 24 units. */
const STROKES: Readonly<Record<Emotion, string>> = {
  happiness: "M7 9.5q1.2-1.4 2.4 0 M14.6 9.5q1.2-1.4 2.4 0 M7.2 14q4.8 5.4 9.6 0",
  anger: "M6.6 7.6l3.4 1.9 M17.4 7.6l-3.4 1.9 M8 11.2v.4 M16 11.2v.4 M8.4 16.4h7.2",
  sadness: "M6.8 9.6l3-1.6 M17.2 9.6l-3-1.6 M8.4 11.6v.4 M15.6 11.6v.4 M8 17q4-3.4 8 0",
  fear: "M6.6 8.6q1.6-1.8 3.2-1.4 M17.4 8.6q-1.6-1.8-3.2-1.4 M8.4 10.8v.8 M15.6 10.8v.8 M8 16.4q2-1.8 4 0t4 0",
  contempt: "M7 8.8h3 M14 7.6l3 .6 M8.6 11.4v.4 M15.4 11.2v.4 M8.4 16.2q4.4.4 7.4-2",
  surprise:
    "M6.8 7.4q1.5-1.6 3 0 M14.2 7.4q1.5-1.6 3 0 M8.3 10.6v.5 M15.7 10.6v.5 M12 13.8a1.9 2.4 0 1 0 .01 0",
};

export function EmotionSign({ emotion }: { emotion: Emotion }) {
  return (
    <svg className="emotion-sign" viewBox="0 0 24 24" aria-hidden="true">
      <circle cx="12" cy="12" r="10.4" />
      <path d={STROKES[emotion]} />
    </svg>
  );
}
