"""Recurrent layers: cells, which compute a step, and layers that apply them to sequences."""

from minicnn.layers.rnn.bidirectional import Bidirectional
from minicnn.layers.rnn.conv_lstm import ConvLSTM1D, ConvLSTM2D, ConvLSTM3D
from minicnn.layers.rnn.gru import GRU, GRUCell
from minicnn.layers.rnn.lstm import LSTM, LSTMCell
from minicnn.layers.rnn.rnn import RNN
from minicnn.layers.rnn.simple_rnn import SimpleRNN, SimpleRNNCell
from minicnn.layers.rnn.stacked_rnn_cells import StackedRNNCells
from minicnn.layers.rnn.time_distributed import TimeDistributed
