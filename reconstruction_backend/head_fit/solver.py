"""Levenberg-Marquardt for camera, shape, expression, jaw and gaze, with box constraints.

Minimises

    |W (detected - predicted - bias)|² + (β - μ)' Λ (β - μ) + Σ (ψ - ν)² / σ² + 2 λ Σ ψ + ...

over the step vector (view 7 | shape | expression | jaw 3 | gaze 4). Expressions stay in their box
by an active set inside every linear solve; the term in λ keeps them sparse (for ψ >= 0 it is the
L1 norm). Jacobians are analytic.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Float32, Int
from scipy.linalg import cho_factor, cho_solve

from reconstruction_backend.head_fit.landmark_model import LandmarkModel, Moment
from reconstruction_backend.head_fit.measurement import (
    DetectorModel,
    observed_m,
    to_residual_frame,
)
from reconstruction_backend.head_fit.view import View
from reconstruction_backend.landmarks import FaceLandmarks

VIEW_STEPS = 7
FOCAL_STEP = 6
DEPTH_STEP = 5
GAZE_STEPS = 4
GAZE_AXES = 2
"""An eye turns about x and y; it does not roll."""
ACTIVE_SET_ROUNDS = 6
DAMPING_START = 1e-4
DAMPING_FACTOR = 8.0
DAMPING_LIMIT = 1e4
SETTLING_RIDGE = 1e-6
EYES_TOGETHER_M2 = (1e-2, 4e-3)
"""Cost of a radian between the eyes, up-down and sideways, against squared metres of landmarks."""


@dataclass(frozen=True)
class HeadState:
    """What the fit moves."""

    view: View
    shape: Float[np.ndarray, "S"]
    moment: Moment


@dataclass(frozen=True)
class FitPrior:
    """Gaussian priors, the expressions' box and what is free. Precisions are 1 / variance."""

    shape_mean: Float[np.ndarray, "S"]
    shape_precision: Float[np.ndarray, "S S"]
    expression_mean: Float[np.ndarray, "E"]
    expression_precision: Float[np.ndarray, "E"]
    expression_cost: float
    """λ: slope at zero that keeps expressions sparse."""
    expression_low: Float[np.ndarray, "E"]
    expression_high: Float[np.ndarray, "E"]
    free_expressions: Int[np.ndarray, "F"]
    jaw_is_free: bool
    """Only where no expression turns the jaw."""
    jaw_precision: float
    gaze_precision: float
    log_depth: tuple[float, float]
    """Mean and precision of log(metres)."""
    log_focal: tuple[float, float] | None
    """Mean and precision of log(pixels); None where the focal length is given."""


@dataclass(frozen=True)
class Linearized:
    """A whitened residual and its derivative by the step vector."""

    residual: Float32[np.ndarray, "K"]
    jacobian: Float32[np.ndarray, "K P"]


@dataclass(frozen=True)
class FitProblem:
    """One photo's landmarks against one head model."""

    points: LandmarkModel
    detector: DetectorModel
    landmarks: FaceLandmarks
    prior: FitPrior

    def residual(self, state: HeadState) -> Float[np.ndarray, "478 3"]:
        """Detected minus predicted minus bias, in the residual frame, metres."""
        points = self.points.points(state.shape, state.moment)
        camera = state.view.camera_points(points)
        bias = self.detector.bias_m(state.view, state.shape, state.moment.expression)
        return observed_m(state.view, self.landmarks, camera) - bias

    def white_residual(self, state: HeadState) -> Float32[np.ndarray, "K"]:
        """Independent values of unit variance where the state is the truth."""
        return self.detector.whitening @ self.residual(state).astype(np.float32).ravel()

    def cost(self, state: HeadState) -> tuple[float, Float32[np.ndarray, "K"]]:
        """The function that `solve` minimises, halved; and the whitened residual."""
        white = self.white_residual(state)
        return 0.5 * float(white @ white) + self._prior_cost(state), white

    def linearize(self, state: HeadState) -> Linearized:
        """Whitened residual and its derivative by the step vector."""
        points, by = self.points.points_and_jacobians(state.shape, state.moment)
        view, prior = state.view, self.prior
        relative = points @ view.rotation.T
        camera = relative + view.translation_m
        rotation = view.rotation.T.astype(np.float32)
        fields = [by.shape, by.expression[prior.free_expressions]]
        if prior.jaw_is_free:
            fields.append(by.jaw)
        fields.append(by.gaze[:, :GAZE_AXES].reshape(GAZE_STEPS, len(points), 3))
        moves = np.concatenate(fields).astype(np.float32) @ rotation
        jacobian = np.concatenate(
            [
                view.jacobian(camera, relative).astype(np.float32),
                view.pixel_jacobian(camera, moves),
            ]
        )
        predicted = to_residual_frame(view, jacobian).reshape(len(jacobian), -1)
        first, last = VIEW_STEPS, VIEW_STEPS + len(by.shape)
        predicted[first:last] += self.detector.bias_by_shape_m
        free = len(prior.free_expressions)
        predicted[last : last + free] += self.detector.bias_by_expression_m[prior.free_expressions]
        bias = self.detector.bias_m(view, state.shape, state.moment.expression)
        residual = (observed_m(view, self.landmarks, camera) - bias).astype(np.float32).ravel()
        whitening = self.detector.whitening
        return Linearized(whitening @ residual, whitening @ -predicted.T)

    def camera_and_gaze_jacobian(self, state: HeadState) -> Float[np.ndarray, "10 478 3"]:
        """Derivative of the prediction in the residual frame by pose (6) and gaze (4)."""
        points, gaze = self.points.points_and_gaze_jacobian(state.shape, state.moment)
        view = state.view
        relative = points @ view.rotation.T
        camera = relative + view.translation_m
        turned = gaze[:, :GAZE_AXES].reshape(GAZE_STEPS, len(points), 3) @ view.rotation.T
        moves = np.concatenate(
            [view.jacobian(camera, relative)[:FOCAL_STEP], view.pixel_jacobian(camera, turned)]
        )
        return to_residual_frame(view, moves)

    @property
    def free_count(self) -> int:
        """Steps of expression, jaw and gaze."""
        return len(self.prior.free_expressions) + 3 * self.prior.jaw_is_free + GAZE_STEPS

    def _prior_cost(self, state: HeadState) -> float:
        prior, moment = self.prior, state.moment
        shape = state.shape - prior.shape_mean
        free = prior.free_expressions
        expression = (moment.expression - prior.expression_mean)[free]
        cost = shape @ prior.shape_precision @ shape
        cost += (prior.expression_precision[free] * expression**2).sum()
        cost += 2 * prior.expression_cost * moment.expression[free].sum()
        cost += prior.jaw_precision * (moment.jaw_rad**2).sum()
        cost += prior.gaze_precision * (moment.gaze_rad**2).sum()
        mean, precision = prior.log_depth
        cost += precision * (np.log(state.view.translation_m[2]) - mean) ** 2
        if prior.log_focal is not None:
            mean, precision = prior.log_focal
            cost += precision * (np.log(state.view.focal_length_px) - mean) ** 2
        return 0.5 * float(cost)

    def prior_terms(
        self, state: HeadState
    ) -> tuple[Float[np.ndarray, "P P"], Float[np.ndarray, "P"]]:
        """The prior's Hessian and gradient by the step vector."""
        prior, moment, free = self.prior, state.moment, self.prior.free_expressions
        shape_count, jaw = len(state.shape), 3 * prior.jaw_is_free
        first, after = VIEW_STEPS, VIEW_STEPS + shape_count
        count = after + len(free) + jaw + GAZE_STEPS
        hessian, gradient = np.zeros((count, count)), np.zeros(count)
        hessian[first:after, first:after] = prior.shape_precision
        gradient[first:after] = prior.shape_precision @ (state.shape - prior.shape_mean)
        rest = np.concatenate(
            [
                prior.expression_precision[free],
                np.full(jaw, prior.jaw_precision),
                np.full(GAZE_STEPS, prior.gaze_precision),
            ]
        )
        centred = np.concatenate(
            [
                (moment.expression - prior.expression_mean)[free],
                moment.jaw_rad[:jaw],
                moment.gaze_rad[:, :GAZE_AXES].ravel(),
            ]
        )
        hessian[np.arange(after, count), np.arange(after, count)] = rest
        gradient[after:] = rest * centred
        gradient[after : after + len(free)] += prior.expression_cost
        mean, precision = prior.log_depth
        hessian[DEPTH_STEP, DEPTH_STEP] = precision
        gradient[DEPTH_STEP] = precision * (np.log(state.view.translation_m[2]) - mean)
        if prior.log_focal is not None:
            mean, precision = prior.log_focal
            hessian[FOCAL_STEP, FOCAL_STEP] = precision
            gradient[FOCAL_STEP] = precision * (np.log(state.view.focal_length_px) - mean)
        return hessian, gradient

    def moved(self, state: HeadState, step: Float[np.ndarray, "P"]) -> HeadState:
        """The state after a step, clipped to the box."""
        prior, free = self.prior, self.prior.free_expressions
        after = VIEW_STEPS + len(state.shape)
        expression = state.moment.expression.copy()
        expression[free] += step[after : after + len(free)]
        jaw = 3 * prior.jaw_is_free
        gaze = state.moment.gaze_rad.copy()
        gaze[:, :GAZE_AXES] += step[-GAZE_STEPS:].reshape(2, GAZE_AXES)
        jaw_rad = state.moment.jaw_rad.copy()
        jaw_rad[:jaw] += step[after + len(free) : after + len(free) + jaw]
        return HeadState(
            state.view.moved(step[:VIEW_STEPS]),
            state.shape + step[VIEW_STEPS:after],
            Moment(np.clip(expression, prior.expression_low, prior.expression_high), jaw_rad, gaze),
        )


def solve(
    problem: FitProblem,
    state: HeadState,
    iterations: int,
    tolerance: float,
    jacobian: Float32[np.ndarray, "K P"] | None = None,
) -> HeadState:
    """Iterate until the cost falls by less than `tolerance` of itself.

    With a whitened Jacobian given, it is kept (a chord method): near the solution that costs a few
    more steps, each of which is many times cheaper.
    """
    (cost, white), damping = problem.cost(state), DAMPING_START
    kept = None if jacobian is None else jacobian.T @ jacobian
    for _ in range(iterations):
        if jacobian is None or kept is None:
            linear = problem.linearize(state)
            squared = linear.jacobian.T @ linear.jacobian
        else:
            linear, squared = Linearized(white, jacobian), kept
        hessian, gradient = problem.prior_terms(state)
        hessian += squared
        gradient += linear.jacobian.T @ linear.residual
        before = cost
        while damping < DAMPING_LIMIT:
            step = _bounded_step(problem, state, hessian, gradient, damping)
            candidate = problem.moved(state, step)
            candidate_cost, candidate_white = problem.cost(candidate)
            if candidate_cost < cost:
                state, cost, white = candidate, candidate_cost, candidate_white
                damping = max(damping / DAMPING_FACTOR, DAMPING_START)
                break
            damping *= DAMPING_FACTOR
        if before - cost < tolerance * cost:
            break
    return state


def settle_on_photo(problem: FitProblem, state: HeadState, iterations: int) -> HeadState:
    """Move the camera and turn the eyes until the landmarks lie on the photo's, all weighted alike.

    The noise model takes a shift of the whole face for an error of the detector. For the shape that
    is right; but the head must lie on the face that the photo shows. The eyes turn together: what
    each iris says alone is good to some five degrees only.
    """
    moved_columns = np.r_[np.arange(FOCAL_STEP), np.arange(-GAZE_STEPS, 0)]
    jacobian = problem.camera_and_gaze_jacobian(state)[..., :2].reshape(len(moved_columns), -1)
    hessian = jacobian @ jacobian.T
    hessian += SETTLING_RIDGE * np.diag(np.diag(hessian))
    apart = np.zeros((GAZE_AXES, len(moved_columns)))
    apart[:, -GAZE_STEPS:] = np.concatenate([np.eye(GAZE_AXES), -np.eye(GAZE_AXES)], axis=1)
    together = apart.T @ np.diag(EYES_TOGETHER_M2)
    hessian += together @ apart
    for _ in range(iterations):
        residual = problem.residual(state)[:, :2].ravel()
        step = np.zeros(VIEW_STEPS + len(state.shape) + problem.free_count)
        left, right = state.moment.gaze_rad[:, :GAZE_AXES]
        gradient = jacobian @ residual - together @ (left - right)
        step[moved_columns] = np.linalg.solve(hessian, gradient)
        state = problem.moved(state, step)
    return state


def _bounded_step(
    problem: FitProblem,
    state: HeadState,
    hessian: Float[np.ndarray, "P P"],
    gradient: Float[np.ndarray, "P"],
    damping: float,
) -> Float[np.ndarray, "P"]:
    """The damped Newton step within the box, by releasing and pinning bounds (active set)."""
    prior, free = problem.prior, problem.prior.free_expressions
    after = VIEW_STEPS + len(state.shape)
    box = np.arange(after, after + len(free))
    low = (prior.expression_low - state.moment.expression)[free]
    high = (prior.expression_high - state.moment.expression)[free]
    damped = hessian + damping * np.diag(np.diag(hessian))
    step = np.zeros(len(gradient))
    movable = np.ones(len(gradient), bool)
    movable[FOCAL_STEP] = prior.log_focal is not None
    movable[box] = ~(((low >= 0) & (gradient[box] > 0)) | ((high <= 0) & (gradient[box] < 0)))
    for _ in range(ACTIVE_SET_ROUNDS):
        step = _pinned_solve(damped, gradient, step, movable)
        outside = (step[box] < low) | (step[box] > high)
        step[box] = np.clip(step[box], low, high)
        if not outside[movable[box]].any():
            break
        movable[box[outside]] = False
    return step


def _pinned_solve(
    hessian: Float[np.ndarray, "P P"],
    gradient: Float[np.ndarray, "P"],
    step: Float[np.ndarray, "P"],
    movable: Bool[np.ndarray, "P"],
) -> Float[np.ndarray, "P"]:
    """Solve for the movable part with the rest held at its present step."""
    held = np.where(movable, 0.0, step)
    right = -(gradient + hessian @ held)
    system = cho_factor(hessian[np.ix_(movable, movable)], lower=True, check_finite=False)
    solved = held.copy()
    solved[movable] = cho_solve(system, right[movable], check_finite=False)
    return solved


def with_points(problem: FitProblem, points: LandmarkModel) -> FitProblem:
    """The same photo with the outline bound anew."""
    return replace(problem, points=points)
