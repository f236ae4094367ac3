"""Learning from labelled examples: plain functions that the Rasa components and the cross-validation share.

numpy, scipy and scikit-learn, which only the training environment has; the service imports nothing from here.
"""
