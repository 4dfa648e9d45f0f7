"""The fault rig's parts: a world of customers and agents, the processes, their troubles, and a judge who asks only the outside."""
