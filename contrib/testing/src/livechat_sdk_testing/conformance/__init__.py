"""The conformance suite of providers: one subclass, or one factory call, proves a provider.

``rig`` says how a provider under test and the vendor behind it are set up.
"""
