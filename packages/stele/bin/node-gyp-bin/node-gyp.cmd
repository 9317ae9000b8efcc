@"%npm_node_execpath%" "%npm_execpath%" dlx --yes --silent --package node-gyp -- node-gyp %*
