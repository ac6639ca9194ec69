"""Deployments and the worlds they live in: build, break, watch."""

from sim.world.deployment import Deployment, DeploymentError
from sim.world.world import UnknownNode, World

__all__ = ["Deployment", "DeploymentError", "UnknownNode", "World"]
