import { lazy, Suspense } from "react";
import { ChoosePanel } from "./panels/ChoosePanel";
import { Header } from "./panels/Header";
import { WorkPanel } from "./panels/WorkPanel";
import { useJourney } from "./useJourney";

/** three.js is large and not needed to choose a photo. */
const ViewerPage = lazy(() => import("./panels/ViewerPage"));

export function App() {
  const { journey, choose, startOver, remove } = useJourney();
  return (
    <div className={`page page-${journey.at}`}>
      <Header onStartOver={journey.at === "choosing" ? null : startOver} />
      <main>
        {journey.at === "choosing" && <ChoosePanel problem={journey.problem} onChoose={choose} />}
        {journey.at === "working" && <WorkPanel work={journey} />}
        {journey.at === "viewing" && (
          <Suspense>
            <ViewerPage
              key={journey.job.id}
              job={journey.job}
              photo={journey.photo}
              onRemove={() => remove(journey.job)}
            />
          </Suspense>
        )}
      </main>
    </div>
  );
}
