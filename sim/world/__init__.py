"""Deployments and the worlds they live in: build, break, watch."""

from sim.world.deployment import Deployment, DeploymentError
from sim.world.world import ImpossibleFault, UnknownNode, World

__all__ = ["Deployment", "DeploymentError", "ImpossibleFault", "UnknownNode", "World"]
